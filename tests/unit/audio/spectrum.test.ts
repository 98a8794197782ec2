/** A tone is loud in its own band, silence in none. */
import { expect, test } from 'vitest';
import { SPECTRUM_BANDS, SpectrumMeter } from '../../../audio/spectrum.ts';
import { BANDS, Spectra } from '../../../web/timeline/spectra.ts';
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
