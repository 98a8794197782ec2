/** A tone is loud in its own band, silence in none. */
import { expect, test } from 'vitest';
import { SPECTRUM_BANDS, SpectrumMeter } from '../../../audio/spectrum.ts';
import { recordedSpectra } from '../../../web/bundle/recorded-spectra.ts';
import { BANDS, MAX_SPECTRA, Spectra } from '../../../web/timeline/spectra.ts';
import { sweep } from '../../support/signals.ts';

function tone(hz: number, amplitude: number): Int16Array {
  return sweep({ sampleRate: 8_000, seconds: 0.2, fromHz: hz, toHz: hz, amplitude });
}

test.each([312.5, 1_000, 3_500])('a tone of %d Hz is loudest in its band', (hz) => {
  const meter = new SpectrumMeter(100);
  meter.push(tone(hz, 0.99));
  const columns = meter.read();
  expect(columns).toHaveLength(10 * SPECTRUM_BANDS);
  const column = columns.subarray(5 * SPECTRUM_BANDS, 6 * SPECTRUM_BANDS);
  const loudest = column.indexOf(Math.max(...column));
  expect(Math.abs(loudest - Math.floor(hz / 62.5))).toBeLessThanOrEqual(1);
  expect(Math.max(...column)).toBeGreaterThan(245);
  const far = (loudest + SPECTRUM_BANDS / 2) % SPECTRUM_BANDS;
  expect(column[far]).toBeLessThan(80);
});

test('40 dB less is half the scale less; silence is nothing', () => {
  const [loud, quiet, silent] = [0.99, 0.0099, 0].map((amplitude) => {
    const meter = new SpectrumMeter(100);
    meter.push(tone(1_000, amplitude));
    return Math.max(...meter.read().subarray(5 * SPECTRUM_BANDS, 6 * SPECTRUM_BANDS));
  });
  expect((loud ?? 0) - (quiet ?? 0)).toBeGreaterThan(120);
  expect((loud ?? 0) - (quiet ?? 0)).toBeLessThan(135);
  expect(silent).toBe(0);
});

test('what nobody reads does not grow', () => {
  const meter = new SpectrumMeter(3);
  meter.push(new Int16Array(8_000));
  expect(meter.read()).toHaveLength(3 * SPECTRUM_BANDS);
  expect(meter.read()).toHaveLength(0);
});

test('the last ten minutes are kept, and no more', () => {
  expect(BANDS).toBe(SPECTRUM_BANDS);
  const spectra = new Spectra();
  spectra.padTo(10);
  spectra.push(new Uint8Array(BANDS).fill(7));
  expect([spectra.at(9, 0), spectra.at(10, 63), spectra.at(11, 0)]).toEqual([0, 7, 0]);
  const minute = new Uint8Array(3_000 * BANDS).fill(9);
  for (let i = 0; i < 12; i += 1) spectra.push(minute);
  expect(spectra.bytes).toBe(30_000 * BANDS);
  expect(spectra.at(10, 0)).toBe(0);
  expect([spectra.at(spectra.total - 1, 5), spectra.at(spectra.total, 5)]).toEqual([9, 0]);
});

test.each([8_000, 16_000, 44_100])('a recording at %d Hz has one as well', (sampleRate) => {
  const seconds = 2;
  const caller = new Int16Array(sampleRate * seconds);
  const from = sweep({ sampleRate, seconds: 1, fromHz: 1_000, toHz: 1_000, amplitude: 0.5 });
  caller.set(from, sampleRate);
  const wav = { sampleRate, channels: [caller, new Int16Array(caller.length)] };
  const { skipped, voices } = recordedSpectra(wav);
  expect(skipped).toBe(0);
  const [left = new Uint8Array(), right = new Uint8Array([1])] = voices;
  expect(left).toHaveLength(100 * BANDS);
  expect(Math.max(...left.subarray(0, 49 * BANDS))).toBe(0);
  const column = left.subarray(75 * BANDS, 76 * BANDS);
  expect(Math.abs(column.indexOf(Math.max(...column)) - 16)).toBeLessThanOrEqual(1);
  expect(Math.max(...right)).toBe(0);
});

test('of a long recording the last minutes have one; what cannot be a recording has none', () => {
  const silence = new Int16Array(8_000 * 0.02 * (MAX_SPECTRA + 10));
  const { skipped, voices } = recordedSpectra({ sampleRate: 8_000, channels: [silence] });
  expect([skipped, voices[0]?.length]).toEqual([10, MAX_SPECTRA * BANDS]);
  expect(recordedSpectra({ sampleRate: 4e9, channels: [silence] }).voices).toEqual([]);
});
