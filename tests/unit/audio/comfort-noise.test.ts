import { expect, it } from 'vitest';
import { ComfortNoise } from '../../../audio/comfort-noise.ts';
import { magnitudesDb, rms } from './signals.ts';

function noiseOf(payload: readonly number[], length = 16_384): Int16Array {
  const noise = new ComfortNoise();
  noise.describe(Uint8Array.from(payload));
  const out = new Int16Array(length);
  noise.fill(out);
  return out;
}

it.each([20, 40, 60, 78])('has the level that was asked for: −%d dBov', (level) => {
  expect(20 * Math.log10(rms(noiseOf([level])) / 32_767)).toBeCloseTo(-level, 0);
});

it('keeps the level when it has a colour, and has the colour', () => {
  // One coefficient of −0.8: a low-pass, y[n] = x[n] + 0.8 y[n−1].
  const dark = noiseOf([30, 127 - 101]);
  expect(20 * Math.log10(rms(dark) / 32_767)).toBeCloseTo(-30, 0);
  const spectrum = magnitudesDb(dark);
  const mean = (from: number, to: number) =>
    spectrum.slice(from, to).reduce((sum, x) => sum + x, 0) / (to - from);
  expect(mean(10, 800) - mean(7300, 8100)).toBeGreaterThan(15);
});

it('is no tone: no two stretches are alike', () => {
  const noise = noiseOf([30], 8000);
  expect(noise.subarray(0, 160)).not.toEqual(noise.subarray(160, 320));
});

it.each([[[]], [[127]]])('is zeros when nothing else was said: %j', (payload) => {
  expect(noiseOf(payload, 160)).toEqual(new Int16Array(160));
});

it('survives every payload', () => {
  for (let byte = 0; byte < 256; byte++) {
    const out = noiseOf(
      Array.from({ length: 30 }, (_, i) => (byte + i * 37) & 0xff),
      800,
    );
    expect(out.every((sample) => Number.isFinite(sample))).toBe(true);
  }
});
