import { describe, expect, it } from 'vitest';
import type { Turn } from '../../../common/figures.ts';
import { compareTurns } from '../../../recording/compare-turns.ts';

const turn = (id: number, callerEndedMs: number, latencyMs?: number): Turn => ({
  id,
  callerStartedMs: callerEndedMs - 1_000,
  callerEndedMs,
  ...(latencyMs !== undefined && { latencyMs }),
});
const greeting: Turn = { id: 1, agentStartedMs: 100 };

describe('compareTurns', () => {
  it('pairs a replay with its call by when the caller spoke', () => {
    const { pairs, a, b } = compareTurns(
      [greeting, turn(2, 3_000, 700), turn(3, 9_000, 800), turn(4, 15_000)],
      [turn(1, 3_040, 650), turn(2, 15_020, 900), turn(3, 21_000, 100)],
      'time',
    );
    expect(pairs.map((pair) => [pair.a?.id, pair.b?.id, pair.deltaMs])).toEqual([
      [2, 1, -50],
      [3, undefined, undefined],
      [4, 2, undefined],
      [undefined, 3, undefined],
    ]);
    expect(a).toEqual({ count: 2, p50: 700, p95: 800 });
    expect(b).toEqual({ count: 3, p50: 650, p95: 900 });
  });

  it('pairs other calls by their order, and says nothing of calls without answers', () => {
    const { pairs, b } = compareTurns(
      [turn(2, 3_000, 700)],
      [turn(1, 8_000), turn(2, 9_000)],
      'order',
    );
    expect(pairs.map((pair) => [pair.a?.id, pair.b?.id])).toEqual([
      [2, 1],
      [undefined, 2],
    ]);
    expect(b).toBeUndefined();
  });
});
