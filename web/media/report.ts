/**
 * What a call worker reports: figures and states as plain values, the same for the page, the tests
 * and whoever looks at `bridge.calls` in the console.
 */
import type { ErrorCode } from '../../common/errors.ts';
import type { MediaCounters } from '../../common/figures.ts';

export type { MediaCounters };

/** Whose voice. */
export type Side = 'caller' | 'agent';

export type SocketState = 'connecting' | 'open' | 'reconnecting' | 'closed';

export interface SocketStatus {
  readonly state: SocketState;
  /** For a person: what happened and what happens next. */
  readonly sentence: string;
  /** When the connection failed: why. */
  readonly code?: ErrorCode;
}

/** One direction of audio since the last report. */
export interface ScopeReading {
  readonly peakDbfs: number;
  readonly rmsDbfs: number;
  /** Samples at either end of the scale. */
  readonly clipped: number;
  /** Lowest and highest sample of every 20 ms, as pairs of −128…127. */
  readonly columns: Int8Array<ArrayBuffer>;
}

export interface MediaReport {
  readonly caller: ScopeReading;
  readonly agent: ScopeReading;
  readonly counters: MediaCounters;
}
