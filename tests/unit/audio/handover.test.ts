import { describe, expect, it } from 'vitest';
import { Handover } from '../../../audio/handover.ts';
import { concat, firstDifference, randomSource, speechLike } from './signals.ts';

const RATE = 16_000;
const PER_MS = RATE / 1000;

type Way = 'quick' | 'slow';

interface Scene {
  readonly voice: Int16Array;
  /** What each way delivers of it; the voice itself unless told. */
  readonly slow?: Int16Array;
  /** ms by which the slow way is behind, and by which chunk. */
  readonly behind: number;
  readonly chunks: Readonly<Record<Way, number>>;
  readonly first: Way;
  readonly changes: readonly { readonly at: number; readonly to: Way }[];
  /** When a way ends, ms. */
  readonly ends?: Partial<Record<Way, number>>;
}

/** Runs both ways side by side, a millisecond at a time. */
function run({ voice, slow = voice, behind, chunks, first, changes, ends = {} }: Scene) {
  const out: { samples: Int16Array; now: number }[] = [];
  const changed: { way: Way; aligned: boolean; now: number }[] = [];
  let now = 0;
  const handover = new Handover<Way>({
    sampleRate: RATE,
    first,
    emit: (samples) => out.push({ samples: samples.slice(), now }),
    onChanged: (way, aligned) => changed.push({ way, aligned, now }),
  });
  for (now = 1; now <= voice.length / PER_MS; now++) {
    for (const { at, to } of changes) if (at === now) handover.changeTo(to);
    for (const way of ['quick', 'slow'] as const) {
      const said = now - (way === 'slow' ? behind : 0);
      const chunk = chunks[way];
      if (said < chunk || said % chunk !== 0 || now > (ends[way] ?? Infinity)) continue;
      const from = (way === 'slow' ? slow : voice).subarray((said - chunk) * PER_MS, said * PER_MS);
      handover.push(way, from, now);
    }
  }
  return { heard: concat(out.map(({ samples }) => samples)), changed, out };
}

const voice = speechLike(RATE, RATE * 4);
const CHUNKS = { quick: 20, slow: 10 };

describe('a change in the middle of speech', () => {
  it.each([0, 7, 33, 60, 110])('loses and doubles no sample (%d ms apart)', (behind) => {
    const { heard, changed } = run({
      voice,
      behind,
      chunks: CHUNKS,
      first: 'quick',
      changes: [
        { at: 1010, to: 'slow' },
        { at: 2315, to: 'quick' },
      ],
    });
    expect(firstDifference(heard, voice.subarray(0, heard.length))).toBe(-1);
    expect(changed.map(({ way, aligned }) => [way, aligned])).toEqual([
      ['slow', true],
      ['quick', true],
    ]);
    // Back with the quick way, nothing is left of the delay.
    expect(heard.length).toBe(voice.length);
  });

  it('finds a voice that comes through another resampler', () => {
    const random = randomSource(2);
    const rough = voice.map((sample) => sample * 0.98 + 60 * random());
    const { heard, changed } = run({
      voice,
      slow: rough,
      behind: 40,
      chunks: CHUNKS,
      first: 'quick',
      changes: [{ at: 1010, to: 'slow' }],
    });
    expect(changed).toMatchObject([{ aligned: true }]);
    const error = heard.map((sample, i) => Math.abs(sample - (voice[i] ?? 0)));
    expect(Math.max(...error)).toBeLessThan(700);
  });

  it('pauses for as long as the slow way is behind, once', () => {
    const { out } = run({
      voice,
      behind: 40,
      chunks: { quick: 20, slow: 10 },
      first: 'quick',
      changes: [{ at: 1000, to: 'slow' }],
    });
    const gaps = out.slice(1).map(({ now }, i) => now - (out[i]?.now ?? now));
    expect(gaps.filter((gap) => gap > 20).length).toBeLessThanOrEqual(1);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60);
  });
});

it('where nothing is said it is changed at once', () => {
  const { heard, changed } = run({
    voice: new Int16Array(RATE * 3),
    behind: 40,
    chunks: CHUNKS,
    first: 'slow',
    changes: [{ at: 1000, to: 'quick' }],
  });
  expect(changed).toMatchObject([{ way: 'quick', aligned: true }]);
  expect(changed[0]?.now).toBeLessThan(1300);
  expect(Math.abs(heard.length - RATE * 3)).toBeLessThanOrEqual(60 * PER_MS);
});

it('a voice that is another one is changed to within a second, and said so', () => {
  const { changed, heard } = run({
    voice,
    slow: speechLike(RATE, RATE * 4, 310).map((x, i) => (i % 3 === 0 ? -x : x >> 1)),
    behind: 0,
    chunks: CHUNKS,
    first: 'quick',
    changes: [{ at: 1000, to: 'slow' }],
  });
  expect(changed).toMatchObject([{ way: 'slow', aligned: false }]);
  expect(changed[0]?.now).toBeLessThan(2150);
  expect(Math.abs(heard.length - voice.length)).toBeLessThanOrEqual(30 * PER_MS);
});

it('stays with the old way until the new one speaks', () => {
  const { heard, changed } = run({
    voice,
    behind: 0,
    chunks: CHUNKS,
    first: 'quick',
    changes: [{ at: 1000, to: 'slow' }],
    ends: { slow: 0 },
  });
  expect(changed).toEqual([]);
  expect(firstDifference(heard, voice)).toBe(-1);
});

it('goes on alone when the old way has ended', () => {
  const { heard, changed } = run({
    voice,
    behind: 0,
    chunks: CHUNKS,
    first: 'quick',
    changes: [{ at: 1000, to: 'slow' }],
    ends: { quick: 1000 },
  });
  expect(changed).toMatchObject([{ way: 'slow' }]);
  expect(heard.length).toBeGreaterThan(voice.length - 1100 * PER_MS);
});

it('a change of mind costs nothing', () => {
  const { heard, changed } = run({
    voice,
    behind: 40,
    chunks: CHUNKS,
    first: 'quick',
    changes: [
      { at: 1000, to: 'slow' },
      { at: 1100, to: 'quick' },
    ],
  });
  expect(changed).toEqual([]);
  expect(firstDifference(heard, voice)).toBe(-1);
});

it('before anything has gone out there is nothing to join', () => {
  const changed: [string, boolean][] = [];
  const handover = new Handover<Way>({
    sampleRate: RATE,
    first: 'quick',
    emit: () => undefined,
    onChanged: (way, aligned) => changed.push([way, aligned]),
  });
  handover.changeTo('slow');
  expect(changed).toEqual([['slow', true]]);
  expect(handover.way).toBe('slow');
});
