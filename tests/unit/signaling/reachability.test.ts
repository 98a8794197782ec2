import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Binding } from '../../../signaling/bindings.ts';
import { ReachabilityWatch } from '../../../signaling/reachability.ts';

const PHONE = { contact: 'sip:agent001@127.0.0.1:5062' } as Binding;

let phones: Binding[];
let asked: number;
let changes: number;
let answer: () => Promise<unknown>;
let watch: ReachabilityWatch;

beforeEach(() => {
  vi.useFakeTimers();
  phones = [PHONE];
  asked = 0;
  changes = 0;
  answer = () => new Promise((resolve) => setTimeout(resolve, 12));
  watch = new ReachabilityWatch({
    intervalMs: 30_000,
    phones: () => phones,
    ask: () => {
      asked += 1;
      return answer();
    },
    now: Date.now,
    changed: () => (changes += 1),
  });
});
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

it('asks a phone that is new at once, and all of them every so often', async () => {
  watch.review();
  // It has been asked, and has not answered yet.
  watch.review();
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(12);
  expect(watch.of(PHONE)).toEqual({ reachable: true, roundTripMs: 12 });
  watch.review();
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(3);
  expect(changes).toBe(1);
});

it('says when a phone does not answer, and when it does again', async () => {
  answer = () => new Promise(() => undefined);
  watch.review();
  await vi.advanceTimersByTimeAsync(4000);
  expect(watch.of(PHONE)).toEqual({ reachable: false });
  answer = () => Promise.resolve();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(watch.of(PHONE)).toEqual({ reachable: true, roundTripMs: 0 });
  answer = () => Promise.reject(new Error('408'));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(watch.of(PHONE)).toEqual({ reachable: false, roundTripMs: 0 });
  expect(changes).toBe(3);
});

it('forgets a phone that has gone, and one that goes while it is asked', async () => {
  watch.review();
  await vi.advanceTimersByTimeAsync(12);
  phones = [];
  watch.review();
  expect(watch.of(PHONE)).toBeUndefined();
  phones = [PHONE];
  watch.review();
  phones = [];
  await vi.advanceTimersByTimeAsync(12);
  expect(watch.of(PHONE)).toBeUndefined();
});
