/**
 * Two calls side by side, turn by turn: how long the caller waited here and there. Turns of a call and
 * of its replay belong together by the time at which the caller spoke, for it is the same caller; those
 * of other calls by their order.
 */
import type { Turn } from '../common/figures.ts';

/** How far a replay's clock may be off. */
const SAME_MS = 500;

export interface TurnPair {
  /** When the caller fell silent, in the first call that has the turn. */
  readonly atMs: number;
  readonly a: Turn | undefined;
  readonly b: Turn | undefined;
  /** How much longer the second one took. */
  readonly deltaMs: number | undefined;
}

export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
}

export interface Comparison {
  readonly pairs: readonly TurnPair[];
  /** Undefined where no turn was answered. */
  readonly a: Latencies | undefined;
  readonly b: Latencies | undefined;
}

export function compareTurns(
  a: readonly Turn[],
  b: readonly Turn[],
  by: 'time' | 'order',
): Comparison {
  const [left, right] = [a.filter(isOfCaller), b.filter(isOfCaller)];
  const pairs = by === 'time' ? pairByTime(left, right) : pairByOrder(left, right);
  return { pairs, a: latenciesOf(left), b: latenciesOf(right) };
}

/** Nearest rank, of those turns that were answered. */
export function latenciesOf(turns: readonly Turn[]): Latencies | undefined {
  const sorted = turns.flatMap(({ latencyMs = [] }) => latencyMs).sort((x, y) => x - y);
  const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1];
  const [p50, p95] = [rank(0.5), rank(0.95)];
  return p50 === undefined || p95 === undefined ? undefined : { count: sorted.length, p50, p95 };
}

/** A greeting answers to nothing. */
function isOfCaller({ callerEndedMs }: Turn): boolean {
  return callerEndedMs !== undefined;
}

function pairByOrder(a: readonly Turn[], b: readonly Turn[]): readonly TurnPair[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => pairOf(a[i], b[i]));
}

function pairByTime(a: readonly Turn[], b: readonly Turn[]): readonly TurnPair[] {
  const rest = new Set(b);
  const pairs = a.map((turn) => {
    const distance = (other: Turn) =>
      Math.abs((other.callerEndedMs ?? 0) - (turn.callerEndedMs ?? 0));
    const nearest = [...rest].sort((x, y) => distance(x) - distance(y))[0];
    const same = nearest !== undefined && distance(nearest) <= SAME_MS ? nearest : undefined;
    if (same !== undefined) rest.delete(same);
    return pairOf(turn, same);
  });
  return [...pairs, ...[...rest].map((turn) => pairOf(undefined, turn))].sort(
    (x, y) => x.atMs - y.atMs,
  );
}

function pairOf(a: Turn | undefined, b: Turn | undefined): TurnPair {
  const [before, after] = [a?.latencyMs, b?.latencyMs];
  return {
    atMs: a?.callerEndedMs ?? b?.callerEndedMs ?? 0,
    a,
    b,
    deltaMs: before === undefined || after === undefined ? undefined : after - before,
  };
}
