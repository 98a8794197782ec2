import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resampler } from '../../../audio/resampler.ts';
import { compare } from '../../../audio/compare.ts';
import { concat, firstDifference, magnitudesDb, sine, speechLike } from './signals.ts';

const POINTS = 16_384;

/** Response to one big impulse, at the output rate, as dB over frequency. */
function response(from: number, to: number): (frequency: number) => number {
  const peak = 32_000;
  // Upsampling by L splits the prototype over L outputs, so one impulse shows all of it.
  const input = new Int16Array(Math.ceil((POINTS * from) / to) + 1);
  input[0] = peak;
  const output = new Resampler({ from, to }).process(input).subarray(0, POINTS);
  const magnitudes = magnitudesDb(output, (peak * to) / from);
  return (frequency) => magnitudes[Math.round((frequency / to) * POINTS)] ?? -Infinity;
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

describe('raising the rate', () => {
  it.each([16_000, 24_000, 32_000, 48_000])(
    '8 → %d Hz: flat to 3.4 kHz, images 60 dB down',
    (to) => {
      const gain = response(8000, to);
      for (const f of range(0, 3400, 20)) expect(Math.abs(gain(f)), `${f} Hz`).toBeLessThan(0.1);
      for (const f of range(4600, to / 2 - 10, 20)) expect(gain(f), `${f} Hz`).toBeLessThan(-60);
    },
  );

  it('delays by 1.75 ms at most', () => {
    expect(new Resampler({ from: 8000, to: 16_000 }).delaySamples / 16_000).toBe(0.00175);
    expect(new Resampler({ from: 16_000, to: 8000 }).delaySamples / 8000).toBe(0.00175);
  });

  it('keeps every original sample when doubling', () => {
    const input = speechLike(8000, 4000);
    const resampler = new Resampler({ from: 8000, to: 16_000 });
    const output = resampler.process(input);
    const originals = Array.from(
      { length: 3900 },
      (_, i) => output[2 * i + resampler.delaySamples],
    );
    expect(originals).toEqual([...input.subarray(0, 3900)]);
  });
});

describe('lowering the rate', () => {
  /** Level of a tone after decimation, relative to its own. */
  function toneGain(from: number, to: number, frequency: number): number {
    const peak = 30_000;
    const output = new Resampler({ from, to }).process(sine(frequency, from, from, peak));
    const settled = output.subarray(to / 4, to / 4 + to / 2);
    const rms = Math.sqrt(settled.reduce((sum, x) => sum + x * x, 0) / settled.length);
    return 20 * Math.log10((rms * Math.SQRT2) / peak + 1e-12);
  }

  it.each([16_000, 24_000, 32_000, 44_100, 48_000])(
    '%d → 8 Hz: flat, and nothing aliases',
    (from) => {
      for (const f of range(100, 3400, 300)) {
        expect(Math.abs(toneGain(from, 8000, f)), `${f} Hz`).toBeLessThan(0.1);
      }
      for (const f of range(4600, from / 2 - 50, 730)) {
        expect(toneGain(from, 8000, f), `${f} Hz`).toBeLessThan(-60);
      }
    },
  );
});

describe.each([
  [8000, 16_000],
  [8000, 44_100],
  [16_000, 8000],
  [24_000, 8000],
  [24_000, 16_000],
  [16_000, 24_000],
  [48_000, 8000],
  [44_100, 16_000],
] as const)('%d → %d Hz', (from, to) => {
  it('gives the same samples however the input is split', () => {
    const input = speechLike(from, 3000);
    const whole = new Resampler({ from, to }).process(input).slice();
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 30 }), (sizes) => {
        const resampler = new Resampler({ from, to });
        const parts: Int16Array[] = [];
        let at = 0;
        for (const size of [...sizes, input.length]) {
          parts.push(resampler.process(input.subarray(at, at + size)).slice());
          at = Math.min(input.length, at + size);
        }
        expect(firstDifference(concat(parts), whole)).toBe(-1);
      }),
      { numRuns: 20 },
    );
  });

  it('lags by exactly delaySamples at unit gain', () => {
    const resampler = new Resampler({ from, to });
    const heard = resampler.process(speechBand(from)).slice();
    const { offset, gainDb, snrDb } = compare(speechBand(to), heard, { maxOffset: 200 });
    expect(offset).toBeCloseTo(resampler.delaySamples, 2);
    expect(Math.abs(gainDb)).toBeLessThan(0.02);
    expect(snrDb).toBeGreaterThan(60);
  });
});

/** One second of tones within 3.4 kHz, the same analogue signal at every rate. */
function speechBand(rate: number): Int16Array {
  return Int16Array.from({ length: rate }, (_, i) => {
    const t = i / rate;
    const envelope = Math.sin(Math.PI * t) ** 2;
    const tones = [310, 701, 1203, 2110, 3290].map((f) => Math.sin(2 * Math.PI * f * t));
    return Math.round(5000 * envelope * tones.reduce((sum, x) => sum + x, 0));
  });
}

it('passes equal rates through', () => {
  const resampler = new Resampler({ from: 16_000, to: 16_000 });
  const input = speechLike(16_000, 321);
  expect(resampler.process(input)).toEqual(input);
  expect(resampler.delaySamples).toBe(0);
});

it('gives exactly as many samples as the ratio says', () => {
  const resampler = new Resampler({ from: 8000, to: 16_000 });
  expect(Array.from({ length: 5 }, () => resampler.process(new Int16Array(160)).length)).toEqual([
    320, 320, 320, 320, 320,
  ]);
});

it('saturates instead of wrapping', () => {
  const square = Int16Array.from({ length: 400 }, (_, i) => (i % 40 < 20 ? 32_767 : -32_768));
  const output = new Resampler({ from: 8000, to: 16_000 }).process(square);
  expect(Math.max(...output)).toBe(32_767);
  expect(Math.min(...output)).toBe(-32_768);
  const level = Array.from({ length: 700 }, (_, i) => Math.abs(output[60 + i] ?? 0));
  expect(level.filter((x) => x < 8000).length).toBeLessThan(80);
});

it('starts afresh after reset', () => {
  const resampler = new Resampler({ from: 24_000, to: 16_000 });
  const input = speechLike(24_000, 1000);
  const first = resampler.process(input).slice();
  resampler.reset();
  expect(resampler.process(input)).toEqual(first);
});

it('refuses rates that are none', () => {
  expect(() => new Resampler({ from: 0, to: 8000 })).toThrow(
    'Cannot resample from 0 Hz to 8000 Hz.',
  );
});
