import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlayoutQueue } from '../../../audio/playout.ts';
import { concat, firstDifference, sine } from './signals.ts';

const FRAME = 160;

function queueOf(cushionSamples = 0, maxSamples = 480_000): PlayoutQueue {
  return new PlayoutQueue({ frameSamples: FRAME, cushionSamples, maxSamples });
}

function pull(queue: PlayoutQueue): { result: string; samples: Int16Array } {
  const samples = new Int16Array(FRAME).fill(99);
  return { result: queue.pull(samples), samples };
}

function ramp(length: number, from = 1): Int16Array {
  return Int16Array.from({ length }, (_, i) => from + i);
}

it('plays what was pushed bit for bit, whatever the splits, and accounts for every sample', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9000), { maxLength: 12 }), fc.nat(50), (sizes, pullsBetween) => {
      const queue = queueOf(480);
      const sent: Int16Array[] = [];
      const played: Int16Array[] = [];
      let pushed = 0;
      const pullOne = () => {
        const before = queue.playedSamples;
        const { samples } = pull(queue);
        played.push(samples.subarray(0, queue.playedSamples - before));
      };
      for (const size of sizes) {
        const part = ramp(size, pushed % 30_000);
        expect(queue.push(part)).toBe(true);
        sent.push(part);
        pushed += size;
        // Where it runs dry it fades, which another test looks at.
        for (let i = 0; i < pullsBetween && queue.queuedSamples > FRAME; i++) pullOne();
        expect(queue.queuedSamples + queue.playedSamples).toBe(pushed);
      }
      while (queue.queuedSamples > 0) pullOne();
      expect(firstDifference(concat(played), concat(sent))).toBe(-1);
    }),
    { numRuns: 60 },
  );
});

describe('starting', () => {
  it('waits for the cushion', () => {
    const queue = queueOf(480);
    queue.push(ramp(479));
    expect(pull(queue).result).toBe('silence');
    queue.push(ramp(1, 480));
    const { result, samples } = pull(queue);
    expect(result).toBe('audio');
    expect(samples).toEqual(ramp(FRAME));
  });

  it('plays a short answer once no more of it has come for as long as the cushion', () => {
    const queue = queueOf(480);
    queue.push(ramp(100));
    expect([pull(queue), pull(queue), pull(queue)].map(({ result }) => result)).toEqual([
      'silence',
      'silence',
      'silence',
    ]);
    const { result, samples } = pull(queue);
    expect(result).toBe('underrun');
    expect(samples.subarray(0, 100)).toEqual(ramp(100));
    expect(queue.playedSamples).toBe(100);
  });

  it('starts at once without a cushion', () => {
    const queue = queueOf(0);
    queue.push(ramp(FRAME));
    expect(pull(queue)).toEqual({ result: 'audio', samples: ramp(FRAME) });
  });

  it('is silent before anything was pushed', () => {
    expect(pull(queueOf())).toEqual({ result: 'silence', samples: new Int16Array(FRAME) });
  });
});

describe('running dry', () => {
  it.each([0, 10, 100, 130, 150])('fades within 5 ms, %d samples into a frame', (into) => {
    const queue = queueOf();
    const voice = sine(200, 8000, FRAME + into, 8000).map(() => 8000);
    queue.push(voice);
    const heard = concat([1, 2, 3, 4].map(() => pull(queue).samples));
    const after = heard.subarray(voice.length);
    expect(heard.subarray(0, voice.length)).toEqual(voice);
    expect(largestStep(heard.subarray(1))).toBeLessThan(400);
    expect(after.subarray(40).every((sample) => sample === 0)).toBe(true);
  });

  it('says so once, and needs the cushion again', () => {
    const queue = queueOf(320);
    queue.push(ramp(320));
    expect([1, 2, 3, 4].map(() => pull(queue).result)).toEqual([
      'audio',
      'audio',
      'underrun',
      'silence',
    ]);
    queue.push(ramp(FRAME));
    expect(pull(queue).result).toBe('silence');
    queue.push(ramp(FRAME));
    expect(pull(queue).result).toBe('audio');
  });

  it('counts as an underrun when audio goes on within a second, not at an answer’s end', () => {
    const queue = queueOf();
    queue.push(ramp(FRAME));
    for (let i = 0; i < 10; i++) pull(queue);
    expect(queue.underruns).toBe(0);
    queue.push(ramp(FRAME));
    expect(queue.underruns).toBe(1);
    for (let i = 0; i < 60; i++) pull(queue);
    queue.push(ramp(FRAME));
    expect(queue.underruns).toBe(1);
  });
});

const adaptive = () =>
  new PlayoutQueue({
    frameSamples: FRAME,
    cushionSamples: FRAME,
    maxCushionSamples: 6 * FRAME,
    maxSamples: 480_000,
  });

describe('going on after an underrun', () => {
  it('rises within 5 ms, so that neither end of the gap clicks', () => {
    const queue = adaptive();
    const voice = new Int16Array(FRAME).fill(8000);
    queue.push(voice);
    pull(queue);
    pull(queue);
    queue.push(voice);
    queue.push(voice);
    const { samples } = pull(queue);
    expect(samples[0]).toBe(0);
    expect(largestStep(samples)).toBeLessThan(400);
    expect(samples.subarray(40)).toEqual(voice.subarray(40));
  });

  it('begins the next answer as it was sent', () => {
    const queue = adaptive();
    queue.push(ramp(FRAME));
    for (let i = 0; i < 60; i++) pull(queue);
    queue.push(ramp(FRAME, 9000));
    expect(pull(queue).samples).toEqual(ramp(FRAME, 9000));
  });
});

describe('the cushion', () => {
  /** Plays one frame, finds nothing `gap` times, and is given `frames` more. */
  const runDry = (queue: PlayoutQueue, gap: number, frames = 1) => {
    for (let i = 0; i < gap; i++) pull(queue);
    for (let i = 0; i < frames; i++) queue.push(ramp(FRAME));
  };

  it('grows to what would have bridged the gap, and then does', () => {
    const queue = adaptive();
    queue.push(ramp(FRAME));
    expect(pull(queue).result).toBe('audio');
    runDry(queue, 2);
    expect(queue.cushionSamples).toBe(3 * FRAME);
    expect(queue.isReady).toBe(false);
    queue.push(ramp(2 * FRAME));
    expect(queue.isReady).toBe(true);
    // The same gap again is not heard.
    expect([1, 2, 3].map(() => pull(queue).result)).toEqual(['audio', 'audio', 'audio']);
  });

  it('keeps to its bound, and does not grow for a pause it could not bridge', () => {
    const queue = adaptive();
    for (const gap of [3, 4, 5, 5, 5]) {
      queue.push(ramp(6 * FRAME));
      while (queue.queuedSamples > 0) pull(queue);
      runDry(queue, gap);
    }
    expect(queue.cushionSamples).toBe(6 * FRAME);
    const other = adaptive();
    other.push(ramp(FRAME));
    pull(other);
    runDry(other, 20);
    expect(other.underruns).toBe(1);
    expect(other.cushionSamples).toBe(FRAME);
  });

  it('shrinks by a frame for every ten seconds that go well', () => {
    const queue = adaptive();
    queue.push(ramp(FRAME));
    pull(queue);
    runDry(queue, 2, 1100);
    const after = (pulls: number) => {
      for (let i = 0; i < pulls; i++) expect(pull(queue).result).toBe('audio');
      return queue.cushionSamples / FRAME;
    };
    expect([after(499), after(1), after(499), after(1)]).toEqual([3, 2, 2, 1]);
  });
});

describe('flush', () => {
  it('throws all away and ends the sound within 5 ms of silence', () => {
    const queue = queueOf();
    const voice = sine(150, 8000, 8000, 12_000);
    queue.push(voice);
    pull(queue);
    const { samples: before } = pull(queue);
    expect(queue.flush()).toBe(8000 - 2 * FRAME);
    expect(queue.queuedSamples).toBe(0);
    const { result, samples } = pull(queue);
    expect(result).toBe('silence');
    expect(samples.subarray(40).every((sample) => sample === 0)).toBe(true);
    expect(largestStep(concat([before, samples]))).toBeLessThan(2200);
    expect(pull(queue)).toEqual({ result: 'silence', samples: new Int16Array(FRAME) });
    expect(queue.playedSamples).toBe(2 * FRAME);
  });

  it('makes no sound of what had not begun to play', () => {
    const queue = queueOf(480);
    queue.push(ramp(400));
    expect(queue.flush()).toBe(400);
    expect(pull(queue)).toEqual({ result: 'silence', samples: new Int16Array(FRAME) });
  });

  it('plays the next answer from its first sample', () => {
    const queue = queueOf();
    queue.push(sine(150, 8000, 2000));
    pull(queue);
    queue.flush();
    queue.push(ramp(FRAME));
    expect(pull(queue).result).toBe('silence');
    expect(pull(queue)).toEqual({ result: 'audio', samples: ramp(FRAME) });
    expect(queue.underruns).toBe(0);
  });
});

it('refuses what exceeds the cap, whole, and goes on', () => {
  const queue = queueOf(0, 1000);
  expect(queue.push(ramp(900))).toBe(true);
  expect(queue.push(ramp(101))).toBe(false);
  expect(queue.queuedSamples).toBe(900);
  expect(queue.push(ramp(100))).toBe(true);
});

it('takes minutes in one burst and costs the same per pull at any depth', () => {
  const queue = queueOf(480, 8000 * 600);
  const chunk = ramp(8000);
  for (let i = 0; i < 600; i++) expect(queue.push(chunk)).toBe(true);
  let pulls = 0;
  const out = new Int16Array(FRAME);
  while (queue.pull(out) === 'audio') pulls++;
  expect(pulls).toBe((8000 * 600) / FRAME);
});

function largestStep(samples: Int16Array): number {
  let largest = 0;
  for (let i = 1; i < samples.length; i++) {
    largest = Math.max(largest, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
  }
  return largest;
}
