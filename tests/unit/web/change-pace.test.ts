/** When the page is told: at once of news, with a common beat of what moves all the time. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChangePace } from '../../../web/bridge/change-pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

function pace() {
  const told: number[] = [];
  return { told, changes: new ChangePace(() => told.push(performance.now())) };
}

test('news is told at once, and what moves all the time once a second, with the beat of one clock', () => {
  const { told, changes } = pace();
  changes.changed();
  expect(told).toEqual([0]);
  vi.advanceTimersByTime(700);
  for (let i = 0; i < 5; i += 1) changes.changedInPassing();
  vi.advanceTimersByTime(299);
  expect(told).toEqual([0]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([0, 1_000]);
  changes.changedInPassing();
  vi.advanceTimersByTime(5_000);
  expect(told).toEqual([0, 1_000, 2_000]);
});

test('while a call is being answered nothing is shown; an answer that does not come is', () => {
  const { told, changes } = pace();
  const call = {};
  changes.answering(call);
  changes.changed();
  changes.changedInPassing();
  vi.advanceTimersByTime(999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([1_000]);
  changes.answered(call);
  changes.changed();
  expect(told).toEqual([1_000, 1_000]);
});
