/** What an opened bundle shows of its figures, whatever its file holds. */
import { expect, test } from 'vitest';
import { HOP_NAMES, NO_COUNTERS, type Hops } from '../../../common/figures.ts';
import { Histogram } from '../../../common/histogram.ts';
import { recordedFigures, type RecordedFigures } from '../../../web/bundle/recorded-figures.ts';

const HOPS = Object.fromEntries(
  HOP_NAMES.map((name) => [name, new Histogram().read()]),
) as unknown as Hops;

test('shows what was counted; what an older bridge did not count is nothing', () => {
  const counters = { framesToAgent: 717, skewPpm: null } as unknown as typeof NO_COUNTERS;
  expect(recordedFigures({ counters, hops: HOPS })).toEqual({
    counters: { ...NO_COUNTERS, framesToAgent: 717 },
    hops: HOPS,
  });
  expect(recordedFigures(undefined)).toBeUndefined();
});

test.each([
  ['{}', {}],
  ['words for numbers', { counters: { framesToAgent: 'many' }, hops: HOPS }],
  ['no hops', { counters: NO_COUNTERS }],
  ['hops of another form', { counters: NO_COUNTERS, hops: { ...HOPS, flush: { counts: 3 } } }],
  ['hops without numbers', { counters: NO_COUNTERS, hops: { ...HOPS, flush: { counts: ['a'] } } }],
])('leaves out what are no figures: %s', (_name, figures) => {
  expect(recordedFigures(figures as unknown as RecordedFigures)).toBeUndefined();
});
