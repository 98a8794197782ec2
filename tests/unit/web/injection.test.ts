import { expect, it } from 'vitest';
import { Injection } from '../../../web/media/injection.ts';

it('adds what was put in, in its order, within 16 bits, until it is used up', () => {
  const injection = new Injection();
  const voice = Int16Array.of(1, 2, 3, 32_000);
  expect(injection.mix(voice)).toBe(voice);
  injection.push(Int16Array.of(10, 20));
  injection.push(Int16Array.of(30, 1_000, 50));
  expect(injection.mix(voice)).toEqual(Int16Array.of(11, 22, 33, 32_767));
  expect(voice).toEqual(Int16Array.of(1, 2, 3, 32_000));
  injection.push(Int16Array.of(60));
  expect(injection.mix(voice)).toEqual(Int16Array.of(51, 62, 3, 32_000));
  expect(injection.mix(voice)).toBe(voice);
});
