/** What of a time axis is painted anew, and what is only moved. */
import { expect, test } from 'vitest';
import { COLUMN_FIELDS, COLUMN_MS } from '../../../web/timeline/envelope.ts';
import { Timeline } from '../../../web/timeline/timeline.ts';
import { Viewport } from '../../../web/timeline/viewport.ts';
import type { Palette } from '../../../web/ui/axis/palette.ts';
import { SceneMaker, type Looks, type Scene } from '../../../web/ui/axis/scene.ts';

const WIDTH = 1_000;
/** Ten pixels. */
const STEP_MS = 200;
const LOOKS: Looks = {
  // Only compared.
  palette: {} as Palette,
  scale: 1,
  hasSpectrum: false,
  selected: undefined,
  levels: undefined,
};

function scene() {
  const timeline = new Timeline({ callId: 'c', startedAt: 0 });
  const viewport = new Viewport();
  viewport.width = WIDTH;
  const maker = new SceneMaker();
  const speak = (ms: number) => {
    const columns = new Int16Array((ms / COLUMN_MS) * COLUMN_FIELDS).fill(100);
    timeline.caller.push(columns);
    timeline.agent.push(columns);
    timeline.changed();
  };
  const next = (looks: Partial<Looks> = {}): Scene | undefined => {
    viewport.setRange(timeline.beginMs, timeline.durationMs);
    return maker.next(timeline, viewport, { ...LOOKS, ...looks });
  };
  timeline.answer(0);
  speak(30_000);
  return { timeline, viewport, maker, speak, next };
}

test('a live call is moved by whole pixels and painted where it is new; what is the same is not painted', () => {
  const { speak, next } = scene();
  expect(next()).toMatchObject({ shift: 0, fromX: 0, toX: WIDTH, durationMs: 30_000 });
  expect(next()).toBeUndefined();
  speak(STEP_MS);
  const moved = next();
  expect(moved?.shift).toBe(10);
  // The voice ends left of the edge: what is new begins there.
  expect(moved?.fromX).toBeGreaterThan(940);
  expect(moved?.fromX).toBeLessThanOrEqual(970);
  expect(moved?.entries).toBeUndefined();
  const bars = moved?.bars?.caller;
  const last = (bars?.first ?? 0) + (bars?.values.length ?? 0) / COLUMN_FIELDS;
  expect(last).toBeGreaterThanOrEqual(30_200 / COLUMN_MS);
  expect(bars?.values.length).toBeLessThan(80 * COLUMN_FIELDS);
  expect(bars?.values[0]).toBe(0);
  expect(bars?.values[1]).toBe(100);
});

test('where only a word has changed, only rows of words are painted, from the word before it on', () => {
  const { timeline, viewport, next } = scene();
  const word = { kind: 'transcript', side: 'caller', level: 'info' } as const;
  timeline.add({ ...word, at: 20_000, text: 'hello' });
  const id = timeline.add({ ...word, at: 26_000, text: 'what', isPartial: true, detail: 'raw' });
  next();
  timeline.change(id, { text: 'what time' });
  const changed = next();
  expect(changed?.shift).toBe(0);
  expect(changed).toMatchObject({ fromX: WIDTH, toX: WIDTH });
  expect(changed?.wordsFromX).toBe(Math.floor(viewport.xOf(20_000) - 10));
  expect(changed?.entries?.map(({ text }) => text)).toEqual(['hello', 'what time']);
  expect(changed?.entries?.some((entry) => 'detail' in entry)).toBe(false);
  // With a mark that is none, all rows are painted from that one on.
  timeline.change(id, { text: 'what time is it' });
  timeline.add({ kind: 'dtmf', level: 'info', at: 23_000, text: 'Key 1.' });
  const marked = next();
  expect(marked?.fromX).toBe(Math.floor(viewport.xOf(23_000) - 10));
  expect(marked?.wordsFromX).toBe(Math.floor(viewport.xOf(20_000) - 10));
});

test('a hand moves the picture either way, and another scale or look is painted as a whole', () => {
  const { viewport, maker, next } = scene();
  next();
  viewport.pan(-20 * viewport.msPerPixel);
  expect(next()).toMatchObject({ shift: -20, fromX: 0, toX: 22 });
  viewport.pan(5 * viewport.msPerPixel);
  expect(next()).toMatchObject({ shift: 5, fromX: WIDTH - 7, toX: WIDTH });
  // Half a pixel cannot be moved.
  viewport.pan(0.5 * viewport.msPerPixel);
  expect(next()).toMatchObject({ shift: 0, fromX: 0, toX: WIDTH });
  viewport.zoom(0.5);
  expect(next()).toMatchObject({ shift: 0, fromX: 0 });
  expect(next({ hasSpectrum: true })).toMatchObject({ fromX: 0, bars: undefined });
  expect(next({ hasSpectrum: true, selected: 3 })).toMatchObject({ fromX: 0, selected: 3 });
  expect(next({ hasSpectrum: true, selected: 3 })).toBeUndefined();
  maker.forget();
  expect(next({ hasSpectrum: true, selected: 3 })).toMatchObject({ fromX: 0, toX: WIDTH });
});

test('levels alone paint no row', () => {
  const { next } = scene();
  next();
  const level = { rmsDbfs: -20, peakDbfs: -12, clipped: false };
  const levels = { caller: level, agent: level };
  const scene1 = next({ levels });
  expect(scene1).toMatchObject({ shift: 0, levels });
  expect(scene1?.fromX).toBe(scene1?.toX);
  expect(next({ levels })).toBeUndefined();
});
