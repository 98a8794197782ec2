/** What the charts of the network make of a call's samples. */
import { describe, expect, test } from 'vitest';
import {
  CHARTS,
  columnsOf,
  formatValue,
  judge,
  valueAt,
  type Chart,
} from '../../../web/network/charts.ts';
import type { Sample } from '../../../web/timeline/types.ts';

const SAMPLES: readonly Sample[] = [
  { at: 1_000, streams: { toPage: { lossPercent: 0, mos: 4.3 } }, playoutMs: 40, skewPpm: -12 },
  {
    at: 2_000,
    streams: {
      fromPhone: { lossPercent: 6, mos: 3.2 },
      toPage: { lossPercent: 2, mos: 4.1 },
      toPhone: { roundTripMs: 12 },
    },
    playoutMs: 60,
    socketBytes: 9_000,
  },
  { at: 3_000, streams: {} },
];

function chart(key: string): Chart {
  const found = CHARTS.find((each) => each.key === key);
  if (found === undefined) throw new Error(`There is no chart ${key}.`);
  return found;
}

describe('the charts', () => {
  test('show each way over each leg, and holes where nothing is known', () => {
    expect(columnsOf(chart('loss'), SAMPLES)).toEqual([
      [1, 2, 3],
      [null, 6, null],
      [0, 2, null],
      [null, null, null],
      [null, null, null],
    ]);
    expect(columnsOf(chart('playout'), SAMPLES)).toEqual([
      [1, 2, 3],
      [40, 60, null],
    ]);
  });

  test('tell the worst of the newest second in which something was measured', () => {
    expect(valueAt(chart('loss'), SAMPLES)).toBe(6);
    expect(valueAt(chart('loss'), SAMPLES, 0)).toBe(0);
    expect(valueAt(chart('mos'), SAMPLES)).toBe(3.2);
    expect(valueAt(chart('skew'), SAMPLES)).toBe(-12);
    expect(valueAt(chart('jitter'), SAMPLES)).toBeUndefined();
    expect(valueAt(chart('jitter'), [])).toBeUndefined();
  });

  test.each([
    ['loss', [0.9, 1, 5], ['good', 'fair', 'bad']],
    ['mos', [4.3, 3.9, 3.5], ['good', 'fair', 'bad']],
    ['round-trip', [20, 200, 300], ['good', 'fair', 'bad']],
    ['playout', [60_000], ['good']],
  ])('%s: %j is %j', (key, values, verdicts) => {
    expect(values.map((value) => judge(chart(key), value))).toEqual(verdicts);
  });

  test('write figures with their unit', () => {
    expect(formatValue(chart('loss'), 6)).toBe('6.0 %');
    expect(formatValue(chart('skew'), -12.4)).toBe('−12 ppm');
    expect(formatValue(chart('skew'), -0.2)).toBe('0 ppm');
    expect(formatValue(chart('mos'), 4.31)).toBe('4.3');
    expect(formatValue(chart('mos'), undefined)).toBe('–');
  });
});
