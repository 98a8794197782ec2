import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcmDecoder, type PcmEncoding } from '../../../audio/pcm.ts';
import { readWav } from '../../../audio/wav.ts';
import {
  bytesOf,
  concat,
  firstDifference,
  floatBytesOf,
  randomSource,
  sine,
  speechLike,
} from './signals.ts';

const splits = fc.array(fc.nat(700), { maxLength: 40 });

/** Pushes `bytes` in pieces of the given sizes, each at an odd address. */
function decodeSplit(decoder: PcmDecoder, bytes: Uint8Array, sizes: readonly number[]): Int16Array {
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const parts: Int16Array[] = [];
  let at = 1;
  for (const size of [...sizes, shifted.length]) {
    parts.push(decoder.push(shifted.subarray(at, at + size)).slice());
    at = Math.min(shifted.length, at + size);
  }
  return concat(parts);
}

function floatsOf(samples: Int16Array): Uint8Array {
  return floatBytesOf([...samples].map((sample) => sample / 32_768));
}

const SPEECH = speechLike(16_000, 4000);

describe('any split of the bytes gives the same samples', () => {
  it.each([
    ['s16le', 's16le', bytesOf(SPEECH)],
    ['f32le', 'f32le', floatsOf(SPEECH)],
    ['auto', 's16le', bytesOf(SPEECH)],
    ['auto', 'f32le', floatsOf(SPEECH)],
  ] as const)('%s, %s sent', (encoding, detected, bytes) => {
    fc.assert(
      fc.property(splits, (sizes) => {
        const decoder = new PcmDecoder(encoding);
        expect(firstDifference(decodeSplit(decoder, bytes, sizes), SPEECH)).toBe(-1);
        expect(decoder.encoding).toBe(detected);
        expect(decoder.clipped).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('byte by byte', () => {
    const bytes = bytesOf(SPEECH.subarray(0, 600));
    const decoder = new PcmDecoder('s16le');
    expect(decodeSplit(decoder, bytes, Array<number>(1200).fill(1))).toEqual(
      SPEECH.subarray(0, 600),
    );
    expect(decoder.oddSplits).toBe(600);
  });
});

describe('auto', () => {
  /** Bytes needed until the verdict. */
  function bytesToDecide(bytes: Uint8Array): { encoding: PcmEncoding | undefined; after: number } {
    const decoder = new PcmDecoder('auto');
    let after = 0;
    while (decoder.encoding === undefined && after < bytes.length) {
      decoder.push(bytes.subarray(after, after + 4));
      after += 4;
    }
    return { encoding: decoder.encoding, after };
  }

  const random = randomSource(3);
  const noise = Float64Array.from({ length: 2000 }, () => random());
  const ints: Record<string, Int16Array> = {
    speech: SPEECH,
    'quiet speech': SPEECH.map((x) => x >> 6),
    'faint positive offset': new Int16Array(2000).fill(5),
    'hiss of one bit': Int16Array.from(noise, (x) => (x > 0 ? 1 : 0) - (x > 0.5 ? 2 : 0)),
    'white noise': Int16Array.from(noise, (x) => x * 32_767),
    'full-scale square': Int16Array.from({ length: 2000 }, (_, i) =>
      i % 80 < 40 ? 32_767 : -32_768,
    ),
    'square in the band of float exponents': Int16Array.from({ length: 2000 }, (_, i) =>
      i % 80 < 40 ? 16_128 : -16_128,
    ),
    'loud tone': sine(440, 16_000, 2000, 32_000),
    'slow loud tone': sine(30, 16_000, 4000, 16_000),
  };
  const floats: Record<string, Iterable<number>> = {
    speech: [...SPEECH].map((x) => x / 32_768),
    'speech with full mantissas': [...SPEECH].map((x) => (x / 32_768) * 0.7351),
    'faint speech': [...SPEECH].map((x) => (x / 32_768) * 1e-4),
    'white noise': noise,
    'filter residue before speech': [
      ...Array.from({ length: 100 }, (_, i) => (noise[i] ?? 0) * 1e-14),
      ...[...SPEECH.subarray(100)].map((x) => x / 32_768 / 3),
    ],
    'residue below what floats can hold, then speech': [
      ...Array.from({ length: 60 }, (_, i) => (noise[i] ?? 0) * 1e-41),
      ...[...SPEECH.subarray(100)].map((x) => x / 32_768 / 3),
    ],
    'too loud': [...SPEECH].map((x) => x / 12_000),
    constant: Array<number>(500).fill(0.5),
    'loud tone': [...sine(440, 16_000, 2000, 32_000)].map((x) => x / 32_768),
  };

  it.each(Object.keys(ints))('int16: %s', (name) => {
    const { encoding, after } = bytesToDecide(bytesOf(ints[name] ?? new Int16Array()));
    expect(encoding).toBe('s16le');
    expect(after).toBeLessThanOrEqual(1600);
  });

  it.each(Object.keys(floats))('float32: %s', (name) => {
    const { encoding, after } = bytesToDecide(floatBytesOf(floats[name] ?? []));
    expect(encoding).toBe('f32le');
    expect(after).toBeLessThanOrEqual(640);
  });

  it('is right wherever in a sentence the stream begins, within 640 bytes', () => {
    fc.assert(
      fc.property(
        fc.nat(SPEECH.length - 400),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (from, gain) => {
          const part = SPEECH.subarray(from, from + 400).map((x) => Math.round(x * gain));
          const int = bytesToDecide(bytesOf(part));
          expect(int.encoding).toBe('s16le');
          const float = bytesToDecide(floatBytesOf([...part].map((x) => (x / 32_768) * 0.93)));
          expect(float.encoding).toBe('f32le');
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is never wrong at any 10 ms of recorded speech, and open only while that is silent', async () => {
    const file = new URL('../../../agent/demo/caller.wav', import.meta.url);
    const [voice = new Int16Array()] = readWav(await readFile(file)).channels;
    for (let from = 0; from + 1000 < voice.length; from += 80) {
      const part = voice.subarray(from, from + 1000);
      const silent = part.subarray(0, 600).every((sample) => sample === 0);
      const verdicts = [bytesToDecide(bytesOf(part)), bytesToDecide(floatsOf(part))];
      if (!silent)
        expect(verdicts, `from ${from}`).toMatchObject([
          { encoding: 's16le' },
          { encoding: 'f32le' },
        ]);
    }
  });

  it.each([
    ['s16le', 2],
    ['f32le', 4],
  ] as const)('holds a short silent lead-in and loses none of it: %s', (encoding, size) => {
    const silence = new Int16Array(600 / size);
    const samples = concat([silence, SPEECH]);
    const bytes = encoding === 's16le' ? bytesOf(samples) : floatsOf(samples);
    const decoder = new PcmDecoder('auto');
    expect(decoder.push(bytes.subarray(0, 600))).toHaveLength(0);
    expect(concat([decoder.push(bytes.subarray(600)).slice()])).toEqual(samples);
  });

  it('lets longer silence through, by the shorter reading, and never as sound', () => {
    const decoder = new PcmDecoder('auto');
    let silent = 0;
    for (let i = 0; i < 100; i++) {
      const out = decoder.push(new Uint8Array(641));
      expect(out.every((sample) => sample === 0)).toBe(true);
      silent += out.length;
    }
    expect(silent).toBe((64_100 - 640) / 4);
    expect(decoder.encoding).toBeUndefined();
    // 64,100 bytes are whole samples: speech begins right behind the silence that was held.
    expect(decoder.push(floatsOf(SPEECH)).subarray(160)).toEqual(SPEECH);
  });
});

it('clips what is out of range, silences what is no number, and counts both', () => {
  const decoder = new PcmDecoder('f32le');
  const bytes = floatBytesOf([0.5, 1, -1, 1.5, -7, NaN, Infinity, -Infinity, 0]);
  expect([...decoder.push(bytes)]).toEqual([
    16_384, 32_767, -32_768, 32_767, -32_768, 0, 32_767, -32_768, 0,
  ]);
  expect(decoder.clipped).toBe(5);
});

it.each(['s16le', 'auto'] as const)('begins a new sample after a cut answer: %s', (encoding) => {
  const decoder = new PcmDecoder(encoding);
  decoder.push(bytesOf(SPEECH).subarray(0, 2001));
  decoder.discard();
  expect(decoder.push(bytesOf(SPEECH))).toEqual(SPEECH);
  expect(decoder.encoding).toBe('s16le');
});

it('begins the verdict anew when an answer is cut before it', () => {
  const decoder = new PcmDecoder('auto');
  expect(decoder.push(floatsOf(SPEECH.subarray(0, 10)).subarray(0, 39))).toHaveLength(0);
  decoder.discard();
  expect(decoder.push(bytesOf(SPEECH))).toEqual(SPEECH);
});

it('forgets everything on reset', () => {
  const decoder = new PcmDecoder('auto');
  decoder.push(floatsOf(SPEECH).subarray(0, 3001));
  expect(decoder.encoding).toBe('f32le');
  expect(decoder.oddSplits).toBe(1);
  decoder.reset();
  expect(decoder.encoding).toBeUndefined();
  expect(decoder.oddSplits).toBe(0);
  expect(decoder.push(bytesOf(SPEECH))).toEqual(SPEECH);
});
