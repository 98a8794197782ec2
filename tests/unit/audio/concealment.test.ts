import { describe, expect, it } from 'vitest';
import { compare } from '../../../audio/compare.ts';
import { Concealer } from '../../../audio/concealment.ts';
import { concat, randomSource, rms, sine, speechLike, steepest } from './signals.ts';

const RATE = 8000;

function concealed(past: Int16Array, length: number): Int16Array {
  const concealer = new Concealer(RATE);
  concealer.accept(past);
  const out = new Int16Array(length);
  concealer.conceal(out);
  return out;
}

describe('the continuation', () => {
  it.each([70, 100, 123, 160, 197])(
    'goes on with a voice of %d Hz in its pitch and phase',
    (pitch) => {
      const harmonics = (i: number) =>
        [1, 2, 3, 5].reduce(
          (sum, h) => sum + Math.sin((2 * Math.PI * pitch * h * i) / RATE) / h,
          0,
        );
      const voice = Int16Array.from({ length: 2080 }, (_, i) => Math.round(6000 * harmonics(i)));
      const out = concealed(voice.subarray(0, 2000), 80);
      const { correlation } = compare(voice.subarray(2000), out, { maxOffset: 2 });
      expect(correlation).toBeGreaterThan(0.97);
      expect(rms(out) / rms(voice.subarray(2000))).toBeGreaterThan(0.85);
    },
  );

  it('is at half the level where there is no pitch to go on with', () => {
    const random = randomSource(5);
    const noise = Int16Array.from({ length: 2000 }, () => Math.round(6000 * random()));
    const out = concealed(noise, 80);
    const level = rms(out.subarray(40)) / rms(noise);
    expect(level).toBeGreaterThan(0.4);
    expect(level).toBeLessThan(0.85);
  });

  it('joins without a click', () => {
    const voice = speechLike(RATE, 3000);
    for (let end = 800; end < 3000; end += 37) {
      const past = voice.subarray(0, end);
      const whole = concat([past.subarray(end - 1), concealed(past, 480)]);
      expect(steepest(whole)).toBeLessThanOrEqual(steepest(voice) * 1.5);
    }
  });

  it('is full for 10 ms, then fades to nothing at 60 ms', () => {
    const out = concealed(sine(200, RATE, 2000, 10_000), 640);
    const levels = Array.from(
      { length: 8 },
      (_, i) => rms(out.subarray(i * 80, i * 80 + 80)) / 7071,
    );
    [1, 0.9, 0.7, 0.5, 0.3, 0.1, 0, 0].forEach((level, i) => {
      expect(Math.abs((levels[i] ?? 0) - level), `${i * 10} ms`).toBeLessThan(0.05);
    });
    expect(out.subarray(480).every((sample) => sample === 0)).toBe(true);
  });

  it('does not turn noise into a tone: periods differ from one another', () => {
    const random = randomSource(5);
    const noise = Int16Array.from({ length: 2000 }, () => Math.round(8000 * random()));
    const out = concealed(noise, 400);
    const loudest = Array.from({ length: 80 }, (_, k) => k + 40).map((lag) => {
      const part = out.subarray(160, 400 - lag);
      return Math.abs(compare(part, out.subarray(160 + lag, 400), { maxOffset: 0 }).correlation);
    });
    expect(Math.max(...loudest)).toBeLessThan(0.9);
  });

  it('is the same however it is asked for', () => {
    const voice = speechLike(RATE, 2000);
    const concealer = new Concealer(RATE);
    concealer.accept(voice.subarray(0, 777));
    concealer.accept(voice.subarray(777));
    const parts = [1, 79, 3, 157, 160, 80].map((length) => {
      const out = new Int16Array(length);
      concealer.conceal(out);
      return out;
    });
    expect(concat(parts)).toEqual(concealed(voice, 480));
  });

  it('makes silence of silence', () => {
    expect(concealed(new Int16Array(400), 480)).toEqual(new Int16Array(480));
    expect(concealed(new Int16Array(0), 480)).toEqual(new Int16Array(480));
  });
});

describe('coming back', () => {
  it('cross-fades into the first real samples and leaves the rest alone', () => {
    const concealer = new Concealer(RATE);
    const voice = sine(150, RATE, 2320, 9000);
    concealer.accept(voice.subarray(0, 2000));
    const gap = new Int16Array(160);
    concealer.conceal(gap);
    const frame = voice.subarray(2160, 2320);
    const heard = concealer.accept(frame).slice();
    expect(heard.subarray(80)).toEqual(frame.subarray(80));
    expect(Math.abs((heard[0] ?? 0) - (gap[159] ?? 0))).toBeLessThan(1500);
    expect(frame).toEqual(sine(150, RATE, 2320, 9000).subarray(2160));
  });

  it('hands samples through untouched when nothing was lost', () => {
    const concealer = new Concealer(RATE);
    const frame = Int16Array.of(1, 2, 3);
    expect(concealer.accept(frame)).toBe(frame);
  });

  it('fades into silence and out of it, each within 5 ms', () => {
    const concealer = new Concealer(RATE);
    concealer.accept(sine(150, RATE, 800, 9000));
    const last = sine(150, RATE, 801, 9000)[800] ?? 0;
    const pause = new Int16Array(160);
    concealer.acceptSilence(pause);
    expect(Math.abs((pause[0] ?? 0) - last)).toBeLessThan(1100);
    expect(steepest(pause)).toBeLessThan(1600);
    expect(pause.subarray(40)).toEqual(new Int16Array(120));
    const loud = new Int16Array(160).fill(8000);
    const heard = concealer.accept(loud).slice();
    expect(heard[0]).toBeLessThan(250);
    expect(heard.subarray(40)).toEqual(loud.subarray(40));
    expect(concealer.accept(loud)).toBe(loud);
  });

  it('joins what follows something left out without a click', () => {
    const voice = speechLike(RATE, 4000);
    for (let end = 800; end < 3500; end += 53) {
      const concealer = new Concealer(RATE);
      concealer.accept(voice.subarray(0, end));
      concealer.cut();
      const heard = concealer.accept(voice.subarray(end + 160, end + 320)).slice();
      expect(steepest(concat([voice.subarray(end - 1, end), heard]))).toBeLessThanOrEqual(
        steepest(voice) * 1.5,
      );
      expect(heard.subarray(80)).toEqual(voice.subarray(end + 240, end + 320));
    }
  });

  it('has nothing to repeat after silence', () => {
    const concealer = new Concealer(RATE);
    concealer.accept(sine(150, RATE, 800));
    concealer.acceptSilence(new Int16Array(160));
    const out = new Int16Array(80).fill(1);
    concealer.conceal(out);
    expect(out).toEqual(new Int16Array(80));
  });
});

it('works at 16 kHz', () => {
  const concealer = new Concealer(16_000);
  const voice = sine(130, 16_000, 4160, 9000);
  concealer.accept(voice.subarray(0, 4000));
  const out = new Int16Array(160);
  concealer.conceal(out);
  expect(compare(voice.subarray(4000), out, { maxOffset: 0 }).correlation).toBeGreaterThan(0.99);
});
