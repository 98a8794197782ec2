/**
 * What a bench says: one row per figure. A figure is a distribution (latencies) or a single value
 * (a rate, a share); a goal names which of its numbers must lie on which side of which bound. A
 * missed goal is information, not a failure: a figure is that of one run on one machine.
 */
import { latencyOf, type LatencyMs } from '../../server/demo/measure.ts';

export type EngineName = 'embedded' | 'rtpengine';
type Column = 'p50' | 'p95' | 'p99' | 'max' | 'value';

export interface Bound {
  readonly of: Column;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Figure {
  readonly suite: string;
  readonly name: string;
  /** What it was measured with: the media engine, or `-` when none takes part. */
  readonly engines: EngineName | '-';
  readonly unit: string;
  readonly n: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** Of a single value; of a distribution it is null. */
  readonly value: number | null;
  /** In words; empty when the figure is only there to be seen. */
  readonly goal: string;
  /** Null without a goal, and when nothing could be measured. */
  readonly ok: boolean | null;
}

export interface About {
  readonly suite: string;
  readonly name: string;
  readonly engines?: EngineName;
  readonly unit: string;
  readonly bounds?: readonly Bound[];
}

export function distribution(about: About, values: readonly number[]): Figure {
  return summary(about, latencyOf(values));
}

export function summary(about: About, { n, p50, p95, p99, max }: LatencyMs): Figure {
  const numbers =
    n === 0
      ? { p50: null, p95: null, p99: null, max: null, value: null }
      : { p50, p95, p99, max, value: null };
  return finish(about, n, numbers);
}

/** @param n how many observations the value is made of. */
export function single(about: About, value: number, n = 1): Figure {
  const rounded = Number.isFinite(value) ? Number(value.toFixed(2)) : null;
  return finish(about, n, { p50: null, p95: null, p99: null, max: null, value: rounded });
}

function finish(
  { suite, name, engines, unit, bounds = [] }: About,
  n: number,
  numbers: Readonly<Record<Column, number | null>>,
): Figure {
  const verdicts = bounds.map((bound) => holds(bound, numbers[bound.of]));
  const ok = verdicts.length === 0 || verdicts.includes(null) ? null : !verdicts.includes(false);
  const goal = bounds.map(inWords).join(', ');
  return { suite, name, engines: engines ?? '-', unit, n, ...numbers, goal, ok };
}

function holds({ atMost = Infinity, atLeast = -Infinity }: Bound, value: number | null) {
  return value === null ? null : value <= atMost && value >= atLeast;
}

function inWords({ of, atMost, atLeast }: Bound): string {
  const column = of === 'value' ? '' : `${of} `;
  if (atMost !== undefined && atLeast !== undefined) return `${column}${atLeast} to ${atMost}`;
  return atMost === undefined ? `${column}≥ ${atLeast ?? ''}` : `${column}≤ ${atMost}`;
}
