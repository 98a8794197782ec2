import { describe, expect, it } from 'vitest';
import { compare, idealCallerToAgent } from '../../../audio/compare.ts';
import { decodeG711, encodeG711 } from '../../../audio/g711.ts';
import { Resampler } from '../../../audio/resampler.ts';
import { concat, randomSource, sine, speechLike } from './signals.ts';

const SPEECH = speechLike(16_000, 32_000);

describe('offset', () => {
  it.each([0, 1, 517, 9000])('finds a delay of %d samples and calls the rest perfect', (delay) => {
    const heard = concat([new Int16Array(delay), SPEECH]);
    const result = compare(SPEECH, heard);
    expect(result).toMatchObject({ offset: delay, snrDb: Infinity });
    expect(result.correlation).toBeCloseTo(1, 12);
    expect(result.gainDb).toBeCloseTo(0, 12);
  });

  it('finds a lead', () => {
    expect(compare(SPEECH, SPEECH.subarray(321))).toMatchObject({ offset: -321, snrDb: Infinity });
  });

  it('looks no further than maxOffset', () => {
    const heard = concat([new Int16Array(2000), SPEECH]);
    expect(Math.abs(compare(SPEECH, heard, { maxOffset: 100 }).offset)).toBeLessThanOrEqual(100.6);
  });

  it.each([0.5, 0.25, -0.37])('finds %f of a sample and does not call it noise', (fraction) => {
    const at = (shift: number) =>
      Int16Array.from({ length: 16_000 }, (_, i) => {
        const t = (i - shift) / 16_000;
        const tones = [211, 523, 1303, 3201].map((f) => Math.sin(2 * Math.PI * f * t));
        return Math.round(6000 * Math.sin(Math.PI * t) ** 2 * tones.reduce((a, b) => a + b, 0));
      });
    const { offset, snrDb } = compare(at(0), at(100 + fraction));
    expect(offset).toBeCloseTo(100 + fraction, 3);
    expect(snrDb).toBeGreaterThan(70);
  });
});

describe('judgement', () => {
  it('reports gain apart from noise', () => {
    const heard = SPEECH.map((sample) => Math.round(sample / 2));
    const { gainDb, snrDb, correlation } = compare(SPEECH, heard);
    expect(gainDb).toBeCloseTo(-6.02, 2);
    expect(snrDb).toBeGreaterThan(70);
    expect(correlation).toBeGreaterThan(0.9999);
  });

  it('measures noise to a tenth of a dB', () => {
    const random = randomSource(1);
    const noisy = SPEECH.map((sample) => sample + Math.round(100 * random()));
    const power = SPEECH.reduce((sum, x) => sum + x * x, 0) / SPEECH.length;
    const expected = 10 * Math.log10(power / (100 ** 2 / 3));
    expect(compare(SPEECH, noisy).snrDb).toBeCloseTo(expected, 0);
  });

  it('sees through an inverted line', () => {
    const result = compare(
      SPEECH,
      SPEECH.map((sample) => -sample),
    );
    expect(result.offset).toBe(0);
    expect(result.correlation).toBeCloseTo(-1, 6);
  });

  it('gives silence no marks', () => {
    expect(compare(SPEECH, new Int16Array(1000))).toEqual({
      offset: 0,
      correlation: 0,
      snrDb: -Infinity,
      gainDb: -Infinity,
    });
  });

  it('knows two different sounds apart', () => {
    const other = sine(1000, 16_000, 32_000);
    expect(Math.abs(compare(SPEECH, other).correlation)).toBeLessThan(0.4);
  });

  it('takes half a minute in its stride', () => {
    const long = speechLike(16_000, 30 * 16_000);
    const heard = concat([new Int16Array(777), long]);
    expect(compare(long, heard, { maxOffset: 16_000 })).toMatchObject({
      offset: 777,
      snrDb: Infinity,
    });
  });
});

describe('the ideal caller', () => {
  it('keeps the decoded samples and puts only band-limited ones between them', () => {
    const voice = speechLike(8000, 4000);
    const ideal = idealCallerToAgent(voice, 'pcma');
    const coded = new Uint8Array(4000);
    encodeG711('pcma', voice, coded);
    const decoded = new Int16Array(4000);
    decodeG711('pcma', coded, decoded);
    expect(ideal.filter((_, i) => i % 2 === 0)).toEqual(decoded);
  });

  it.each(['pcmu', 'pcma'] as const)(
    'is what our own chain gives, by 35 dB and more: %s',
    (law) => {
      const voice = speechLike(8000, 16_000);
      const coded = new Uint8Array(voice.length);
      encodeG711(law, voice, coded);
      const decoded = new Int16Array(voice.length);
      decodeG711(law, coded, decoded);
      const resampler = new Resampler({ from: 8000, to: 16_000 });
      const { snrDb, gainDb, offset } = compare(
        idealCallerToAgent(voice, law),
        resampler.process(decoded),
      );
      expect(offset).toBeCloseTo(resampler.delaySamples, 2);
      expect(snrDb).toBeGreaterThan(35);
      expect(Math.abs(gainDb)).toBeLessThan(0.05);
    },
  );
});
