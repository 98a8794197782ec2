import { describe, expect, test } from 'vitest';
import { AgentAudio } from '../../../web/media/agent-audio.ts';

interface Written {
  readonly at: number;
  readonly index: number;
  readonly samples: readonly number[];
}

/** An agent that sends s16le at 8 kHz, so that every sample can be told apart. */
function play(): {
  readonly audio: AgentAudio;
  readonly written: Written[];
  readonly overflows: number[];
  readonly now: () => number;
  readonly run: (until: number) => void;
  readonly send: (count: number, value?: number) => void;
  readonly stall: (ms: number) => void;
} {
  const written: Written[] = [];
  const overflows: number[] = [];
  let now = 1_000;
  const audio = new AgentAudio({
    output: { encoding: 's16le', sampleRate: 8_000 },
    hasStragglers: true,
    write: (frame, { index }) => written.push({ at: now, index, samples: [...frame] }),
    onOverflow: (samples) => overflows.push(samples),
  });
  audio.schedule.start(now);
  audio.open();
  return {
    audio,
    written,
    overflows,
    now: () => now,
    // A timer that is exact to the millisecond.
    run: (until) => {
      for (; now < until; now += 1) audio.pump(now);
    },
    send: (count, value = 1_000) => {
      audio.push(new Uint8Array(new Int16Array(count).fill(value).buffer), now);
    },
    stall: (ms) => {
      now += ms;
    },
  };
}

/** A frame of the agent, whole; the fade of 5 ms after a hard end is none. */
const isLoud = ({ samples }: Written): boolean => samples.every((sample) => sample !== 0);
/** Anything but silence. */
const isSound = ({ samples }: Written): boolean => samples.some((sample) => sample !== 0);

describe('AgentAudio', () => {
  test('writes silence every 20 ms when there is nothing to say', () => {
    const { written, run } = play();
    run(2_000);
    expect(written).toHaveLength(50);
    expect(written.map(({ at }) => at)).toEqual(
      Array.from({ length: 50 }, (_, n) => 1_000 + n * 20),
    );
    expect(written.some(isSound)).toBe(false);
    expect(written.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  test('the first frame of an answer goes out at once, the rest 20 ms apart', () => {
    const { written, run, send } = play();
    run(1_207);
    send(160 * 10);
    run(2_000);
    const loud = written.filter(isLoud);
    expect(loud.map(({ at }) => at)).toEqual(Array.from({ length: 10 }, (_, n) => 1_207 + n * 20));
  });

  test('gives the lead back in the silence after: the clock never drifts', () => {
    const { written, run, send } = play();
    for (let n = 0; n < 20; n += 1) {
      run(1_207 + n * 333);
      send(160 * 5);
    }
    run(9_000);
    // 8 s at 50 frames a second, to the frame.
    expect(written).toHaveLength(400);
    expect(written.filter(isLoud)).toHaveLength(100);
  });

  test('a frame late by less than the lead is heard without a gap', () => {
    const { written, run, send } = play();
    const arrivals = [1_205, 1_226, 1_252, 1_265, 1_292, 1_305];
    for (const at of arrivals) {
      run(at);
      send(160);
    }
    run(1_500);
    const loud = written.filter(isLoud);
    const first = loud[0]?.index ?? 0;
    expect(loud.map(({ index }) => index - first)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a burst of minutes is kept whole', () => {
    const { audio, written, run, send } = play();
    send(8_000 * 60);
    expect(audio.queue.queuedSamples).toBe(8_000 * 60 - 160);
    run(1_000 + 61_000);
    expect(written.filter(isLoud)).toHaveLength(3_000);
    expect(audio.queue.playedSamples).toBe(8_000 * 60);
  });

  test('more than ten minutes are refused, told once, and counted', () => {
    const { audio, send, overflows } = play();
    for (let n = 0; n < 13; n += 1) send(8_000 * 60);
    expect(overflows).toEqual([8_000 * 60]);
    expect(audio.overflowSamples).toBe(3 * 8_000 * 60);
  });

  test('what an answer waits for is told apart from the way it takes', () => {
    const ready: (number | undefined)[] = [];
    const audio = new AgentAudio({
      output: { encoding: 's16le', sampleRate: 8_000 },
      hasStragglers: true,
      write: (_frame, { readyAt }) => ready.push(readyAt),
      onOverflow: () => undefined,
    });
    const chunk = (samples: number) => new Uint8Array(new Int16Array(samples).fill(900).buffer);
    audio.schedule.start(0);
    // The phone hears nothing yet, and then the cushion is not full.
    audio.push(chunk(80), 5);
    audio.open();
    audio.pump(10);
    audio.push(chunk(400), 17);
    expect(ready.filter((at) => at !== undefined)).toEqual([17]);
    const { sumMs, counts } = audio.playoutWait.read();
    expect([sumMs, counts.reduce((sum, count) => sum + count, 0)]).toEqual([12, 1]);
  });

  test('the fade after a flush leaves at once, and silence follows on the clock', () => {
    const { audio, written, now, run, send } = play();
    run(1_207);
    send(160 * 50);
    // Frames leave 13 ms early, at 1207, 1227, …
    run(1_418);
    audio.cut('agent', now());
    run(1_600);
    expect(written.filter(isSound).at(-1)?.at).toBe(1_418);
    expect(written.filter(({ at }) => at > 1_418).map(({ at }) => at)).toEqual([
      1_460, 1_480, 1_500, 1_520, 1_540, 1_560, 1_580,
    ]);
  });

  test.each([1, 5, 9, 15, 19])('cut %d ms after a frame: no step, and none of it after', (age) => {
    const { audio, written, now, run, send } = play();
    run(1_207);
    send(160 * 25, 12_000);
    send(160 * 25, -9_000);
    run(1_407 + age);
    audio.cut('agent', now());
    run(1_600);
    const samples = written.flatMap((frame) => frame.samples);
    const steps = samples.slice(1).map((sample, i) => Math.abs(sample - (samples[i] ?? 0)));
    // But for the answer's own beginning.
    expect(Math.max(...steps.slice(samples.findIndex((sample) => sample > 0)))).toBeLessThan(600);
    expect(written.filter(isLoud).at(-1)?.at).toBe(1_407);
    expect(written.filter(isSound).at(-1)?.at).toBe(1_407 + age);
    // And the next answer begins whole.
    audio.gate.open();
    send(160);
    run(1_700);
    expect(written.filter(isLoud).at(-1)?.at).toBe(1_600);
  });

  test('flush leaves nothing but the fade of 5 ms', () => {
    const { audio, written, now, run, send } = play();
    send(8_000);
    run(1_100);
    const before = written.length;
    audio.cut('agent', now());
    run(1_500);
    const after = written.slice(before);
    expect(after[0]?.samples.slice(40).some((sample) => sample !== 0)).toBe(false);
    expect(after.slice(1).some(isSound)).toBe(false);
    expect(audio.flushedSamples + audio.queue.playedSamples).toBe(8_000);
  });

  test('catches up after a short stall, and starts again at the present after a long one', () => {
    const { audio, written, run, stall } = play();
    run(1_200);
    stall(300);
    run(1_600);
    expect(written).toHaveLength(30);
    expect(audio.schedule.resyncs).toBe(0);
    stall(10_000);
    run(11_700);
    expect(audio.schedule.resyncs).toBe(1);
    expect(written).toHaveLength(35);
  });

  test('a muted agent is silent to the caller and goes on talking', () => {
    const { audio, written, run, send } = play();
    audio.muted = true;
    send(1_600);
    run(1_500);
    expect(written.some(isSound)).toBe(false);
    expect(audio.queue.playedSamples).toBe(1_600);
  });

  test('speech waits until packets reach the caller, and none of it is lost', () => {
    const written: number[] = [];
    const audio = new AgentAudio({
      output: { encoding: 's16le', sampleRate: 8_000 },
      hasStragglers: true,
      write: (frame) => written.push(...frame),
      onOverflow: () => undefined,
    });
    audio.schedule.start(0);
    audio.push(new Uint8Array(new Int16Array(320).fill(7).buffer), 0);
    for (let now = 0; now < 40; now += 1) audio.pump(now);
    expect(written).toEqual(Array<number>(320).fill(0));
    audio.open();
    for (let now = 40; now < 80; now += 1) audio.pump(now);
    expect(written.slice(320, 640)).toEqual(Array<number>(320).fill(7));
  });

  test('says when the caller has heard all that was sent before, to the last sample', () => {
    const { audio, written, run, send } = play();
    const heard: string[] = [];
    const mark = (name: string) => audio.whenHeard(() => heard.push(`${name} ${written.length}`));
    mark('nothing');
    run(1_100);
    send(400);
    mark('first');
    send(160);
    mark('second');
    run(1_400);
    // The fifth frame is silence; the answer begins with the sixth and ends within the ninth.
    expect(heard).toEqual(['nothing 0', 'first 8', 'second 9']);
  });

  test('says at once when what was sent is thrown away', () => {
    const { audio, now, run, send } = play();
    const heard: string[] = [];
    send(8_000);
    audio.whenHeard(() => heard.push('cut'));
    run(1_100);
    expect(heard).toEqual([]);
    audio.cut('agent', now());
    expect(heard).toEqual(['cut']);
  });

  test('plays what the agent announces, and as configured where it says nothing', () => {
    const { audio, written, run } = play();
    audio.setOutput({ encoding: 'f32le' });
    audio.push(new Uint8Array(new Float32Array(1_600).fill(0.5).buffer), 1_000);
    run(1_300);
    expect(written.filter(isLoud)).toHaveLength(10);
    expect(written[4]?.samples[80]).toBe(16_384);
    audio.setOutput({ sampleRate: 16_000 });
    audio.push(new Uint8Array(new Int16Array(3_200).fill(1_000).buffer), 1_300);
    run(1_600);
    expect(audio.queue.playedSamples).toBe(3_200);
  });

  test('half a sample at the end of a connection does not turn the next one to noise', () => {
    const { audio, written, now, run } = play();
    audio.push(Uint8Array.of(0xe8, 0x03, 0xe8), now());
    audio.beginSample();
    audio.push(new Uint8Array(new Int16Array(320).fill(1_000).buffer), now());
    run(1_100);
    const loud = written.filter(isLoud);
    expect(loud).toHaveLength(2);
    expect(new Set(loud.flatMap(({ samples }) => samples))).toEqual(new Set([1_000]));
  });

  test('samples split across chunks and odd rates arrive whole', () => {
    const written: number[] = [];
    const audio = new AgentAudio({
      output: { encoding: 's16le', sampleRate: 8_000 },
      hasStragglers: true,
      write: (frame) => written.push(...frame),
      onOverflow: () => undefined,
    });
    audio.schedule.start(0);
    audio.open();
    const samples = Int16Array.from({ length: 480 }, (_, n) => n + 1);
    const bytes = new Uint8Array(samples.buffer);
    for (const [from, to] of [
      [0, 333],
      [333, 334],
      [334, 960],
    ]) {
      audio.push(bytes.subarray(from, to), 0);
    }
    for (let now = 0; now < 100; now += 1) audio.pump(now);
    expect(written.slice(0, 480)).toEqual([...samples]);
  });
});
