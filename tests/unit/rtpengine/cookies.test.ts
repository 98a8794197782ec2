import { expect, test } from 'vitest';
import { CookieCache } from '../../../rtpengine/embedded/cookies.ts';

function cacheAt(clock: { now: number }): CookieCache {
  return new CookieCache(() => clock.now);
}

test('the same cookie of the same peer gets the same answer, also an unfinished one', async () => {
  const cache = cacheAt({ now: 0 });
  const { promise, resolve } = deferred();
  cache.set('a:1', 'cookie', promise);
  const again = cache.get('a:1', 'cookie');
  expect(again).toBe(promise);
  resolve(Buffer.from('answer'));
  expect(await again).toEqual(Buffer.from('answer'));
});

test('cookies of different peers are different', () => {
  const cache = cacheAt({ now: 0 });
  cache.set('a:1', 'cookie', Promise.resolve(Buffer.alloc(0)));
  expect(cache.get('a:2', 'cookie')).toBeUndefined();
  expect(cache.get('a:1', 'other')).toBeUndefined();
});

test('answers expire after 30 s', () => {
  const clock = { now: 0 };
  const cache = cacheAt(clock);
  cache.set('a:1', 'old', Promise.resolve(Buffer.alloc(0)));
  clock.now = 20_000;
  cache.set('a:1', 'young', Promise.resolve(Buffer.alloc(0)));
  clock.now = 29_999;
  expect(cache.get('a:1', 'old')).toBeDefined();
  clock.now = 30_000;
  expect(cache.get('a:1', 'old')).toBeUndefined();
  expect(cache.get('a:1', 'young')).toBeDefined();
  expect(cache.size).toBe(1);
});

test('a flood of cookies does not grow without bound', () => {
  const cache = cacheAt({ now: 0 });
  for (let n = 0; n < 10_000; n++) cache.set('a:1', String(n), Promise.resolve(Buffer.alloc(0)));
  expect(cache.size).toBeLessThanOrEqual(4096);
  expect(cache.get('a:1', '9999')).toBeDefined();
});

function deferred(): { promise: Promise<Buffer>; resolve: (value: Buffer) => void } {
  let resolve: (value: Buffer) => void = () => undefined;
  const promise = new Promise<Buffer>((settle) => (resolve = settle));
  return { promise, resolve };
}
