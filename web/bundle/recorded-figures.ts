/**
 * The figures of a recorded call, as far as they are figures: a file may hold anything under that name,
 * and one of an older bridge has fewer counters.
 */
import { HOP_NAMES, NO_COUNTERS, type CallFigures } from '../../common/figures.ts';
import { countOf } from '../../common/histogram.ts';

export type RecordedFigures = Pick<CallFigures, 'counters' | 'hops'>;

export function recordedFigures(figures: RecordedFigures | undefined): RecordedFigures | undefined {
  if (figures === undefined) return undefined;
  try {
    const counters = { ...NO_COUNTERS, ...figures.counters };
    const { hops } = figures;
    const numbers = [
      ...Object.values(counters).map((value) => value ?? 0),
      ...HOP_NAMES.map((name) => countOf(hops[name])),
    ];
    return numbers.every((value) => Number.isFinite(value)) ? { counters, hops } : undefined;
  } catch {
    return undefined;
  }
}
