import { describe, expect, test } from 'vitest';
import { distribution, single } from '../../bench/result.ts';

const about = { suite: 'latency', name: 'x', unit: 'ms' };

describe('a figure', () => {
  test('of a distribution has percentiles and is judged by them', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    const bounds = [
      { of: 'p50', atMost: 60 },
      { of: 'p95', atMost: 90 },
    ] as const;
    expect(distribution({ ...about, engines: 'embedded', bounds }, values)).toEqual({
      suite: 'latency',
      name: 'x',
      engines: 'embedded',
      unit: 'ms',
      n: 100,
      p50: 51,
      p95: 96,
      p99: 100,
      max: 100,
      value: null,
      goal: 'p50 ≤ 60, p95 ≤ 90',
      ok: false,
    });
  });

  test('of a single value is rounded, and reaches a goal from either side', () => {
    const within = [{ of: 'value', atLeast: 49.9, atMost: 50.1 }] as const;
    expect(single({ ...about, bounds: within }, 50.004)).toMatchObject({
      engines: '-',
      value: 50,
      p50: null,
      goal: '49.9 to 50.1',
      ok: true,
    });
    expect(single({ ...about, bounds: within }, 49.8).ok).toBe(false);
    expect(single({ ...about, bounds: [{ of: 'value', atLeast: 500 }] }, 499)).toMatchObject({
      goal: '≥ 500',
      ok: false,
    });
  });

  test('without a goal, or without a measurement, is not judged', () => {
    expect(single(about, 1)).toMatchObject({ goal: '', ok: null });
    expect(single({ ...about, bounds: [{ of: 'value', atMost: 1 }] }, NaN)).toMatchObject({
      value: null,
      goal: '≤ 1',
      ok: null,
    });
    expect(distribution({ ...about, bounds: [{ of: 'p50', atMost: 1 }] }, [])).toMatchObject({
      n: 0,
      p50: null,
      ok: null,
    });
  });
});
