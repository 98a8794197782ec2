/** Moving and zooming along the axis, and the steps of a wait. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { phasesOf } from '../../../web/timeline/phases.ts';
import { FIRST_SPAN_MS, Viewport } from '../../../web/timeline/viewport.ts';

function viewport(endMs: number, beginMs = 0): Viewport {
  const view = new Viewport();
  view.width = 1_000;
  view.setRange(beginMs, endMs);
  return view;
}

test('a live call is followed by whole pixels, whatever its length', () => {
  const view = viewport(0);
  for (const end of [30_020, 30_040, 31_234, 99_999, 100_020]) {
    view.setRange(0, end);
    const pixels = view.fromMs / view.msPerPixel;
    expect(pixels).toBeCloseTo(Math.round(pixels), 6);
    expect(view.toMs).toBeGreaterThan(end);
    expect(view.toMs - end).toBeLessThanOrEqual(0.03 * FIRST_SPAN_MS);
  }
});

test('a call that has just begun fills the picture from the left', () => {
  const view = viewport(1_000, -500);
  const { fromMs } = view;
  expect(view.xOf(-500)).toBeCloseTo(20, 0);
  view.setRange(-500, 5_000);
  expect(view.fromMs).toBe(fromMs);
  expect(view.isFollowing).toBe(true);
});

test('the wheel keeps what is under the pointer where it is', () => {
  const view = viewport(60_000);
  const { fromMs } = view;
  view.pan(-20_000);
  expect(view.fromMs).toBe(fromMs - 20_000);
  expect(view.isFollowing).toBe(false);
  const at = view.msAt(250);
  view.zoom(0.5, 250);
  expect(view.spanMs).toBe(FIRST_SPAN_MS / 2);
  expect(view.msAt(250)).toBeCloseTo(at, 6);
  expect(view.xOf(at)).toBeCloseTo(250, 6);
});

test('zooming while following goes on following', () => {
  const view = viewport(60_000);
  view.zoom(0.25);
  expect(view.isFollowing).toBe(true);
  expect(view.toMs).toBeGreaterThan(60_000);
  expect(view.spanMs).toBe(FIRST_SPAN_MS / 4);
});

test('the whole call is in sight, and a mark is brought into sight', () => {
  const view = viewport(90_000, -500);
  view.fit();
  expect(view.fromMs).toBeLessThan(-500);
  expect(view.toMs).toBeGreaterThan(90_000);
  // And little else.
  expect(view.spanMs).toBeLessThan(1.1 * 90_500);
  view.zoom(0.1, 0);
  view.show(80_000);
  expect(view.xOf(80_000)).toBeGreaterThan(0);
  expect(view.xOf(80_000)).toBeLessThan(view.width);
  const { fromMs } = view;
  view.show(79_900);
  expect(view.fromMs).toBe(fromMs);
  // Left of the picture as well.
  view.show(70_000);
  expect(view.xOf(70_000)).toBeCloseTo(view.width / 10, 6);
  view.follow();
  expect(view.toMs).toBeGreaterThan(90_000);
  view.setRange(-500, 120_000);
  expect(view.toMs).toBeGreaterThan(120_000);
});

test('whatever is done, the call does not get out of sight', () => {
  const step = fc.oneof(
    fc.double({ min: -1e7, max: 1e7, noNaN: true }).map((ms) => (view: Viewport) => view.pan(ms)),
    fc
      .tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.integer({ min: 0, max: 1_000 }))
      .map(
        ([factor, x]) =>
          (view: Viewport) =>
            view.zoom(factor, x),
      ),
    fc.constant((view: Viewport) => view.fit()),
    fc.constant((view: Viewport) => view.follow()),
    fc.integer({ min: 0, max: 1e7 }).map((end) => (view: Viewport) => view.setRange(-100, end)),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const view = viewport(30_000, -100);
      for (const each of steps) each(view);
      view.pan(1);
      view.setRange(-100, 30_000);
      view.pan(1);
      expect(view.spanMs).toBeGreaterThanOrEqual(200);
      expect(view.spanMs).toBeLessThanOrEqual(7_200_000);
      expect(view.fromMs).toBeLessThan(30_000);
      expect(view.toMs).toBeGreaterThanOrEqual(-100);
    }),
  );
});

const turn = { id: 1, callerEndedMs: 1_000, agentStartedMs: 2_000, latencyMs: 1_000 };

test('a wait is cut into what is known of it, without a gap', () => {
  expect(
    phasesOf({
      ...turn,
      transcriptMs: 1_200,
      llmStartedMs: 1_250,
      llmEndedMs: 1_700,
      audioMs: 1_900,
    }).map(({ name, fromMs, toMs }) => [name, fromMs, toMs]),
  ).toEqual([
    ['transcribe', 1_000, 1_200],
    ['hand-over', 1_200, 1_250],
    ['think', 1_250, 1_700],
    ['speak', 1_700, 1_900],
    ['play', 1_900, 2_000],
  ]);
});

test('an agent that tells nothing, and one whose voice is there before its text ends', () => {
  expect(phasesOf(turn)).toEqual([{ name: 'wait', fromMs: 1_000, toMs: 2_000 }]);
  expect(
    phasesOf({ ...turn, llmStartedMs: 1_300, llmEndedMs: 1_950, audioMs: 1_800 }).map(
      ({ name, fromMs, toMs }) => [name, fromMs, toMs],
    ),
  ).toEqual([
    ['hand-over', 1_000, 1_300],
    ['speak', 1_300, 1_800],
    ['play', 1_800, 2_000],
  ]);
});

test('no wait, no steps', () => {
  expect(phasesOf({ id: 1, agentStartedMs: 5 })).toEqual([]);
  expect(phasesOf({ id: 1, callerStartedMs: 5, callerEndedMs: 9 })).toEqual([]);
  expect(phasesOf({ ...turn, agentStartedMs: 1_000, latencyMs: 0 })).toEqual([]);
});
