/** What a call's worker tells, for tests in which only some of it matters. */
import type { CallFigures } from '../../common/figures.ts';
import { Histogram } from '../../common/histogram.ts';

/** Nothing was measured. */
export const NO_TIMES = new Histogram().read();

export const NO_HOPS: CallFigures['hops'] = {
  receiveToSocket: NO_TIMES,
  playoutWait: NO_TIMES,
  socketToRtp: NO_TIMES,
  playoutLate: NO_TIMES,
  flush: NO_TIMES,
  turn: NO_TIMES,
};
