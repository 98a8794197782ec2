import { describe, expect, it } from 'vitest';
import { NO_COUNTERS, type CallFigures } from '../../../common/figures.ts';
import { Histogram } from '../../../common/histogram.ts';
import { FiguresStore } from '../../../server/figures/store.ts';
import { NO_HOPS } from '../../support/figures.ts';

function figures(packets: number, turnMs: readonly number[] = []): CallFigures {
  const turn = new Histogram();
  for (const ms of turnMs) turn.record(ms);
  return {
    counters: { ...NO_COUNTERS, packets },
    hops: { ...NO_HOPS, turn: turn.read() },
    turns: [],
    answers: [],
  };
}

const open = (live: ReadonlySet<string>) =>
  new FiguresStore({ isLive: (id) => live.has(id), onTurn: () => undefined });

it('sums the newest figures of each call, so that nothing counts twice', () => {
  const store = open(new Set(['a', 'b']));
  store.take('a', figures(10, [100]));
  store.take('a', figures(20, [100, 200]));
  store.take('b', figures(5, [300]));
  const { counters, hops } = store.sums();
  expect(counters.get('packets')).toBe(25);
  expect(hops.turn.count).toBe(3);
  expect(hops.turn.read()).toMatchObject({ sumMs: 600, maxMs: 300 });
});

it('takes the last figures of a call that has just ended, and none of a stranger', () => {
  const live = new Set(['a']);
  const store = open(live);
  store.take('a', figures(10));
  live.clear();
  store.take('a', figures(12));
  expect(store.sums().counters.get('packets')).toBe(12);
  expect(() => store.take('b', figures(1))).toThrow('There is no call b.');
});

it('tells of each turn once, as soon as its answer has begun', () => {
  const told: [string, number][] = [];
  const store = new FiguresStore({
    isLive: () => true,
    onTurn: (callId, { id }) => told.push([callId, id]),
  });
  const take = (...turns: CallFigures['turns']) => store.take('a', { ...figures(1), turns });
  const first = { id: 1, callerEndedMs: 900, agentStartedMs: 1_400 };
  take({ id: 1, callerEndedMs: 900 });
  expect(told).toEqual([]);
  take(first);
  take(first, { id: 2, callerEndedMs: 2_000 });
  take(first, { id: 2, callerEndedMs: 2_000, agentStartedMs: 2_500 });
  expect(told).toEqual([
    ['a', 1],
    ['a', 2],
  ]);
});

describe('many calls', () => {
  it('are forgotten one by one, and stay in the sums', () => {
    const live = new Set<string>();
    const store = open(live);
    for (let n = 0; n < 1000; n++) {
      live.add(`call ${n}`);
      store.take(`call ${n}`, figures(3, [50]));
      live.delete(`call ${n}`);
    }
    expect(store.of('call 0')).toBeUndefined();
    expect(store.of('call 999')).toBeDefined();
    expect(store.sums().counters.get('packets')).toBe(3000);
    expect(store.sums().hops.turn.count).toBe(1000);
    // Asking changes nothing.
    expect(store.sums().counters.get('packets')).toBe(3000);
  });

  it('a live one is never forgotten, however old', () => {
    const store = new FiguresStore({ isLive: () => true, onTurn: () => undefined });
    for (let n = 0; n < 300; n++) store.take(`call ${n}`, figures(1));
    expect(store.of('call 0')).toBeDefined();
  });
});
