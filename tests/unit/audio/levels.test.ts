import { expect, it } from 'vitest';
import { LevelMeter, SILENCE_DBFS } from '../../../audio/levels.ts';
import { sine } from './signals.ts';

it('reads peak and RMS of a sine at half of full scale', () => {
  const meter = new LevelMeter();
  const tone = sine(1000, 8000, 8000, 16_384);
  meter.push(tone.subarray(0, 3333));
  meter.push(tone.subarray(3333));
  const { peakDbfs, rmsDbfs, clipped } = meter.read();
  expect(peakDbfs).toBeCloseTo(-6.02, 2);
  expect(rmsDbfs).toBeCloseTo(-9.03, 2);
  expect(clipped).toBe(0);
});

it('counts samples at both ends of the scale', () => {
  const meter = new LevelMeter();
  meter.push(Int16Array.of(32_767, -32_768, -32_767, 32_766, 0));
  expect(meter.read()).toMatchObject({ peakDbfs: 0, clipped: 3 });
});

it('starts over with each read, and reads silence as a number', () => {
  const meter = new LevelMeter();
  meter.push(Int16Array.of(1000));
  meter.read();
  expect(meter.read()).toEqual({ peakDbfs: SILENCE_DBFS, rmsDbfs: SILENCE_DBFS, clipped: 0 });
  meter.push(new Int16Array(10));
  expect(meter.read().rmsDbfs).toBe(SILENCE_DBFS);
});
