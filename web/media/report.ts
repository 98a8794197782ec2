/**
 * What a call worker reports: figures and states as plain values, the same for the page, the tests
 * and whoever looks at `bridge.calls` in the console.
 */
import type { ErrorCode } from '../../common/errors.ts';
import type { MediaCounters } from '../../common/figures.ts';
import type { Side } from '../timeline/types.ts';

export type { MediaCounters };

export type { Side };

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
  /** Of every 20 ms: lowest and highest sample, RMS, flags (timeline/envelope.ts). */
  readonly columns: Int16Array<ArrayBuffer>;
  /** Of the same columns: how loud each band is (audio/spectrum.ts). */
  readonly spectra: Uint8Array<ArrayBuffer>;
}

export interface MediaReport {
  /** Milliseconds since the call was answered, at the end of the columns; absent while it rings. */
  readonly at?: number;
  readonly caller: ScopeReading;
  readonly agent: ScopeReading;
  readonly counters: MediaCounters;
}
