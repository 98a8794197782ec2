/** One call's axis as data: what it holds, what it forgets, and that it survives a file. */
import { expect, test } from 'vitest';
import {
  CLIPPED,
  COLUMN_FIELDS,
  Envelope,
  MAX_COLUMNS,
  SPEECH,
  type Peak,
} from '../../../web/timeline/envelope.ts';
import {
  MAX_ENTRIES,
  MAX_SAMPLES,
  MAX_TURNS,
  Timeline,
  type TimelineJson,
} from '../../../web/timeline/timeline.ts';

const nothing = (): Peak => ({ low: 0, high: 0, rms: 0, flags: 0 });

function columns(count: number, from = 0): Int16Array {
  const values = new Int16Array(count * COLUMN_FIELDS);
  for (let i = 0; i < count; i += 1) {
    const value = ((from + i) % 1_000) + 1;
    values.set([-value, value, value, i % 2 === 0 ? SPEECH : CLIPPED], i * COLUMN_FIELDS);
  }
  return values;
}

test('an envelope gives the extremes, the RMS and the flags of a stretch', () => {
  const envelope = new Envelope();
  envelope.push(new Int16Array([-10, 5, 3, SPEECH, -2, 20, 4, CLIPPED, -1, 1, 0, 0]));
  const peak = nothing();
  expect(envelope.read(0, 2, peak)).toBe(true);
  expect(peak).toEqual({ low: -10, high: 20, rms: Math.sqrt(12.5), flags: SPEECH | CLIPPED });
  expect(envelope.read(2, 3, peak)).toBe(true);
  expect(peak).toEqual({ low: -1, high: 1, rms: 0, flags: 0 });
  expect(envelope.read(3, 9, peak)).toBe(false);
  expect(envelope.read(-5, 0, peak)).toBe(false);
});

test('time of which nothing is known is silence', () => {
  const envelope = new Envelope();
  envelope.push(columns(2));
  envelope.padTo(5);
  envelope.padTo(3);
  expect(envelope.total).toBe(5);
  const peak = { low: 1, high: 1, rms: 1, flags: 1 };
  expect(envelope.read(2, 5, peak)).toBe(true);
  expect(peak).toEqual(nothing());
});

test('an envelope grows without losing anything, and forgets the oldest when it is full', () => {
  const envelope = new Envelope(10_000);
  envelope.push(columns(9_000));
  const peak = nothing();
  for (const at of [0, 2_999, 3_000, 8_999]) {
    envelope.read(at, at + 1, peak);
    expect(peak.high).toBe((at % 1_000) + 1);
  }
  envelope.push(columns(3_000, 9_000));
  expect(envelope.first).toBe(2_000);
  expect(envelope.total).toBe(12_000);
  expect(envelope.read(1_999, 2_000, peak)).toBe(false);
  for (const at of [2_000, 9_999, 10_000, 11_999]) {
    envelope.read(at, at + 1, peak);
    expect(peak.high).toBe((at % 1_000) + 1);
  }
});

test('three hours of a call take no more memory than one, whatever happens in them', () => {
  const timeline = new Timeline({ callId: 'long', startedAt: 0 });
  timeline.answer(0);
  const hours = 3;
  const minute = columns(60 * 50);
  for (let i = 0; i < hours * 60; i += 1) {
    timeline.caller.push(minute);
    timeline.agent.push(minute);
  }
  for (let i = 0; i < MAX_SAMPLES + 500; i += 1) timeline.sample(i * 1_000, { playoutMs: i });
  for (let id = 0; id < MAX_TURNS + 500; id += 1) timeline.putTurn({ id });
  const [text, detail] = ['x'.repeat(10_000), 'y'.repeat(10_000)];
  for (let i = 0; i < MAX_ENTRIES + 500; i += 1) {
    timeline.add({ kind: 'note', at: i, level: 'info', text, detail });
  }
  const bytes = MAX_COLUMNS * COLUMN_FIELDS * 2;
  expect([timeline.caller.bytes, timeline.agent.bytes]).toEqual([bytes, bytes]);
  expect(bytes).toBeLessThan(1.5e6);
  expect(timeline.caller.total - timeline.caller.first).toBe(MAX_COLUMNS);
  expect(timeline.entries).toHaveLength(MAX_ENTRIES);
  expect(timeline.samples).toHaveLength(MAX_SAMPLES);
  expect(timeline.turns).toHaveLength(MAX_TURNS);
  expect(timeline.entries[0]?.text).toHaveLength(400);
  expect(timeline.durationMs).toBe(hours * 3_600_000);
  expect(JSON.stringify(timeline).length).toBeLessThan(20e6);
}, 60_000);

test('what came before the answer lies left of zero', () => {
  const timeline = new Timeline({ callId: 'a', startedAt: 10_000 });
  timeline.add({ kind: 'sip', at: 0, level: 'info', text: 'INVITE' });
  timeline.add({ kind: 'hold', at: 50, endAt: 70, level: 'info', text: 'held' });
  timeline.answer(10_200);
  timeline.answer(99_999);
  timeline.add({ kind: 'sip', at: 0, level: 'info', text: 'ACK' });
  expect(timeline.entries.map(({ at, endAt }) => [at, endAt])).toEqual([
    [-200, undefined],
    [-150, -130],
    [0, undefined],
  ]);
  expect(timeline.answeredAt).toBe(10_200);
  expect(timeline.toAxis(10_300)).toBe(100);
  expect(timeline.beginMs).toBe(-200);
});

test('an entry that is changed stays where it is, and one that is forgotten is no error', () => {
  const timeline = new Timeline({ callId: 'a', startedAt: 0 });
  const id = timeline.add({
    kind: 'transcript',
    at: 5,
    level: 'info',
    text: 'hel',
    isPartial: true,
  });
  timeline.change(id, { text: 'hello', isPartial: true });
  timeline.change(id, { text: 'hello there', endAt: 9, isPartial: false });
  timeline.change(777, { text: 'nothing' });
  expect(timeline.entries).toEqual([
    { id, kind: 'transcript', at: 5, endAt: 9, level: 'info', text: 'hello there' },
  ]);
});

test('figures of one second from two sources become one row', () => {
  const timeline = new Timeline({ callId: 'a', startedAt: 0 });
  timeline.sample(3_100, { playoutMs: 40, streams: { toPage: { jitterMs: 2 } } });
  timeline.sample(3_900, { streams: { toPage: { lossPercent: 1 }, fromPhone: { jitterMs: 9 } } });
  timeline.sample(4_000, { socketBytes: 1 });
  expect(timeline.samples).toEqual([
    {
      at: 3_000,
      playoutMs: 40,
      streams: { toPage: { jitterMs: 2, lossPercent: 1 }, fromPhone: { jitterMs: 9 } },
    },
    { at: 4_000, socketBytes: 1, streams: {} },
  ]);
});

test('whoever follows is told of changes until they stop', () => {
  const timeline = new Timeline({ callId: 'a', startedAt: 0 });
  let told = 0;
  const stop = timeline.follow(() => (told += 1));
  timeline.add({ kind: 'note', at: 0, level: 'info', text: 'a' });
  timeline.putTurn({ id: 1 });
  stop();
  timeline.end(5);
  expect(told).toBe(2);
});

test('a timeline in a file is the same when it is opened again', () => {
  const timeline = new Timeline({ callId: 'a', startedAt: 1_000 });
  timeline.answer(1_500);
  timeline.caller.push(columns(4_000));
  timeline.agent.push(columns(10));
  const id = timeline.add({
    kind: 'dtmf',
    at: 7,
    level: 'info',
    text: '5',
    code: 'X',
    detail: 'd',
  });
  timeline.putTurn({ id: 1, callerStartedMs: 5, latencyMs: 300, claims: { totalMs: 200 } });
  timeline.sample(2_000, { skewPpm: -3, streams: { toPage: { mos: 4.2 } } });
  timeline.end(90_000);
  const json = JSON.stringify(timeline);
  const opened = Timeline.fromJSON(JSON.parse(json) as TimelineJson);
  expect(JSON.stringify(opened)).toBe(json);
  expect(opened.durationMs).toBe(88_500);
  const peak = nothing();
  opened.caller.read(3_999, 4_000, peak);
  expect(peak).toEqual({ low: -1_000, high: 1_000, rms: 1_000, flags: CLIPPED });
  expect(opened.add({ kind: 'note', at: 0, level: 'info', text: 'more' })).toBe(id + 1);
});

test('an envelope whose oldest are gone survives a file', () => {
  const envelope = new Envelope(3_000);
  envelope.push(columns(4_500));
  const opened = Envelope.fromJSON(envelope.toJSON());
  expect([opened.first, opened.total]).toEqual([1_500, 4_500]);
  const peak = nothing();
  expect(opened.read(1_499, 1_500, peak)).toBe(false);
  opened.read(1_500, 1_501, peak);
  expect(peak.high).toBe(501);
});
