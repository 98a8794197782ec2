/**
 * The one remark about an agent that is easily told of a good one: what sounds like noise when it is
 * read wrongly may be noise. Real voices at every level and in every cut, and all that is no voice.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatCheck, type FormatDoubt } from '../../../agent/diagnosis/format.ts';
import { pcmBytes } from '../../../agent/endpoint/pcm-bytes.ts';
import type { PcmEncoding } from '../../../audio/pcm-detector.ts';
import { Resampler } from '../../../audio/resampler.ts';
import { readWav } from '../../../audio/wav.ts';
import { randomSource, sine } from '../audio/signals.ts';

/** Chunks of the sizes in which the demo agent sends: odd ones split samples. */
const SIZES = [1_601, 4_803, 777, 9_600, 3, 2_561];

function doubtOf(
  encoding: PcmEncoding | 'auto',
  bytes: Uint8Array,
  sizes = SIZES,
): FormatDoubt | undefined {
  const check = new FormatCheck(encoding);
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    check.push(bytes.subarray(at, at + size));
    at += size;
  }
  return check.doubt;
}

function bigEndian(samples: Int16Array, encoding: PcmEncoding): Uint8Array {
  const bytes = pcmBytes(samples, encoding);
  const size = encoding === 's16le' ? 2 : 4;
  return bytes.map((_, i) => bytes[i - (i % size) + size - 1 - (i % size)] ?? 0);
}

function voice(file: string, rate: number): Int16Array {
  const { sampleRate, channels } = readWav(
    readFileSync(new URL(`../../../${file}`, import.meta.url)),
  );
  return new Resampler({ from: sampleRate, to: rate })
    .process(channels[0] ?? new Int16Array())
    .slice();
}

const atLevel = (samples: Int16Array, db: number) =>
  samples.map((sample) => Math.round(sample * 10 ** (db / 20)));
const ENCODINGS = ['s16le', 'f32le'] as const;
const VOICES = ['agent/demo/greeting.wav', 'agent/demo/caller.wav', 'web/media/agent-missing.wav'];

describe.each(VOICES)('FormatCheck and the voice of %s', (file) => {
  it.each([8_000, 16_000, 24_000])('has nothing against it at %i Hz, at any level', (rate) => {
    const spoken = voice(file, rate);
    for (const db of [0, -12, -24, -36, -48, -60, -72]) {
      for (const encoding of ENCODINGS) {
        const bytes = pcmBytes(atLevel(spoken, db), encoding);
        expect(doubtOf(encoding, bytes), `${encoding} at ${db} dB`).toBeUndefined();
        if (db > -60) expect(doubtOf('auto', bytes), `auto at ${db} dB`).toBeUndefined();
      }
    }
  });

  it.each([8_000, 16_000, 24_000])('says so when its bytes are swapped, at %i Hz', (rate) => {
    const spoken = voice(file, rate);
    for (const db of [0, -12]) {
      for (const encoding of ENCODINGS) {
        const bytes = bigEndian(atLevel(spoken, db), encoding);
        expect(doubtOf(encoding, bytes), `${encoding} at ${db} dB`).toBe('byte-order');
        expect(doubtOf('auto', bytes), `auto at ${db} dB`).toBe('byte-order');
      }
    }
  });

  it('tells float from integer', () => {
    const spoken = voice(file, 16_000);
    expect(doubtOf('s16le', pcmBytes(spoken, 'f32le'))).toBe('is-float');
    expect(doubtOf('f32le', pcmBytes(spoken, 's16le'))).toBe('is-integer');
  });

  it('notices a byte that is missing', () => {
    expect(doubtOf('s16le', pcmBytes(voice(file, 16_000), 's16le').subarray(1))).toBe('byte-order');
  });
});

describe('FormatCheck', () => {
  const spoken = pcmBytes(voice('agent/demo/greeting.wav', 16_000), 's16le');

  it('keeps to the samples through silence that comes in chunks of any length', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 4_000 }),
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 6 }),
        (silence, sizes) => {
          const bytes = new Uint8Array(2 * silence + spoken.length);
          bytes.set(spoken, 2 * silence);
          expect(doubtOf('s16le', bytes, sizes)).toBeUndefined();
          expect(doubtOf('auto', bytes, sizes)).toBeUndefined();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('begins a new sample where an answer was cut in the middle of one', () => {
    const check = new FormatCheck('s16le');
    for (let i = 0; i < 20; i += 1) {
      check.push(spoken.subarray(0, 2_001));
      check.discard();
    }
    check.push(spoken);
    expect(check.doubt).toBeUndefined();
  });

  it('has nothing against tones of any height and level', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 20, max: 8_000, noNaN: true }),
        fc.double({ min: 0.5, max: 32_700, noNaN: true }),
        fc.constantFrom(...ENCODINGS),
        (hz, peak, encoding) => {
          const bytes = pcmBytes(sine(hz, 16_000, 24_000, peak), encoding);
          expect(doubtOf(encoding, bytes)).toBeUndefined();
        },
      ),
      { numRuns: 100 },
    );
  });

  it('has nothing against noise, of any level and with any offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16_000 }),
        fc.integer({ min: -16_000, max: 16_000 }),
        fc.constantFrom(1, 2, 4, 256),
        fc.constantFrom(...ENCODINGS),
        (peak, offset, step, encoding) => {
          const random = randomSource(peak);
          const noise = Int16Array.from(
            { length: 24_000 },
            () => step * Math.round((offset + peak * random()) / step),
          );
          expect(doubtOf(encoding, pcmBytes(noise, encoding))).toBeUndefined();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('waits until there is something to judge', () => {
    const check = new FormatCheck('s16le');
    check.push(new Uint8Array(100_000));
    check.push(bigEndian(voice('agent/demo/greeting.wav', 16_000), 's16le').subarray(0, 4_000));
    expect(check.doubt).toBeUndefined();
  });
});
