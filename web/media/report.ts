/**
 * What a call worker reports: figures and states as plain values, the same for the page, the tests
 * and whoever looks at `bridge.calls` in the console.
 */
import type { ErrorCode } from '../../common/errors.ts';

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

export interface MediaCounters {
  /** 20 ms frames handed to the agent's socket. */
  readonly framesToAgent: number;
  /** Frames that found no open socket within a second, or a socket that did not drain. */
  readonly framesDropped: number;
  /** Bytes the browser holds back because the agent's side does not take them. */
  readonly socketBacklogBytes: number;
  /** RTP packets of audio that arrived. */
  readonly packets: number;
  readonly concealedMs: number;
  readonly silenceMs: number;
  readonly late: number;
  /** How much slower (+) or faster (−) the phone's clock is; null until it can be told. */
  readonly skewPpm: number | null;
  /** Added and left out of the caller's audio to keep it in step with this machine's clock. */
  readonly addedMs: number;
  readonly leftOutMs: number;
  readonly bytesFromAgent: number;
  readonly textFromAgent: number;
  /** Audio of the agent that waits to be played. */
  readonly queuedMs: number;
  /** Audio of the agent that went out to the caller. */
  readonly playedMs: number;
  /** Times the agent's audio ran dry in the middle of an utterance. */
  readonly underruns: number;
  /** Audio thrown away because the caller spoke over it. */
  readonly flushedMs: number;
  /** Times the playout clock was behind by more than it can catch up with. */
  readonly resyncs: number;
}
