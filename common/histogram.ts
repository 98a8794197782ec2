/**
 * Latencies in fixed buckets: cheap to fill (no allocation, one comparison per bucket), small to
 * send, and mergeable, because every histogram of the program has the same bounds. A percentile is
 * exact to its bucket and interpolated within.
 */

/** Upper bounds in milliseconds; beyond the last there is one more bucket. */
export const BOUNDS_MS: readonly number[] = [
  0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 750,
  1_000, 1_500, 2_000, 3_000, 5_000, 10_000,
];

export interface HistogramFigures {
  /** One more than there are bounds; not cumulative. */
  readonly counts: readonly number[];
  readonly sumMs: number;
  readonly maxMs: number;
}

export class Histogram {
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sum = 0;
  #max = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Anything below zero, as two clocks may make it, counts as zero. */
  record(ms: number): void {
    if (!Number.isFinite(ms)) return;
    const value = Math.max(0, ms);
    let i = 0;
    while (i < BOUNDS_MS.length && value > (BOUNDS_MS[i] ?? Infinity)) i += 1;
    this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    this.#sum += value;
    this.#count += 1;
    if (value > this.#max) this.#max = value;
  }

  add({ counts, sumMs, maxMs }: HistogramFigures): void {
    for (let i = 0; i < this.#counts.length; i += 1) {
      const count = counts[i] ?? 0;
      this.#counts[i] = (this.#counts[i] ?? 0) + count;
      this.#count += count;
    }
    this.#sum += sumMs;
    this.#max = Math.max(this.#max, maxMs);
  }

  read(): HistogramFigures {
    return { counts: [...this.#counts], sumMs: this.#sum, maxMs: this.#max };
  }
}

export function countOf({ counts }: HistogramFigures): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** @param share 0.5 for the median; undefined when nothing was recorded. */
export function percentileOf(figures: HistogramFigures, share: number): number | undefined {
  const total = countOf(figures);
  if (total === 0) return undefined;
  const wanted = total * share;
  let below = 0;
  for (let i = 0; i < figures.counts.length; i += 1) {
    const count = figures.counts[i] ?? 0;
    if (count > 0 && below + count >= wanted) {
      const low = BOUNDS_MS[i - 1] ?? 0;
      const high = Math.min(BOUNDS_MS[i] ?? figures.maxMs, figures.maxMs);
      return Math.max(low, Math.min(high, low + (high - low) * ((wanted - below) / count)));
    }
    below += count;
  }
  return figures.maxMs;
}
