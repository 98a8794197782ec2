import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BOUNDS_MS, countOf, Histogram, percentileOf } from '../../../common/histogram.ts';

function of(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

it('counts into the bucket whose bound is not exceeded', () => {
  const { counts, sumMs, maxMs } = of([0.25, 0.26, 20, 20.1, 99_999]).read();
  const filled = counts.flatMap((count, i) => (count > 0 ? [[BOUNDS_MS[i], count]] : []));
  expect(filled).toEqual([
    [0.25, 1],
    [0.5, 1],
    [20, 1],
    [25, 1],
    [undefined, 1],
  ]);
  expect({ sumMs, maxMs }).toEqual({ sumMs: 0.25 + 0.26 + 20 + 20.1 + 99_999, maxMs: 99_999 });
});

it('takes what clocks make negative for nothing, and ignores what is no number', () => {
  const histogram = of([-3, NaN, Infinity]);
  expect(histogram.count).toBe(1);
  expect(histogram.read()).toMatchObject({ sumMs: 0, maxMs: 0 });
});

it('two merged are the same as one that saw it all', () => {
  const latencies = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }));
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      const merged = of(a);
      merged.add(of(b).read());
      const whole = of([...a, ...b]).read();
      expect(merged.read().counts).toEqual(whole.counts);
      expect(merged.read().maxMs).toBe(whole.maxMs);
      expect(merged.read().sumMs).toBeCloseTo(whole.sumMs, 3);
      expect(merged.count).toBe(countOf(whole));
    }),
  );
});

it('percentiles lie in the bucket of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { minLength: 1 }),
      fc.constantFrom(0.5, 0.95, 0.99, 1),
      (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
        const found = percentileOf(of(values).read(), share) ?? NaN;
        const bucket = (value: number) => BOUNDS_MS.findIndex((bound) => value <= bound);
        expect(bucket(found)).toBe(bucket(exact));
      },
    ),
  );
  expect(percentileOf(new Histogram().read(), 0.5)).toBeUndefined();
});
