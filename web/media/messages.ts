/**
 * The language of the page and its call worker. One worker serves one call: it owns the agent's
 * socket and both directions of audio, so that a busy page never delays a sample. What the page
 * shows comes back in reports at a fixed, low rate; events that matter come at once.
 */
import type { AgentEvent } from '../../agent/dialects/types.ts';
import type { AgentProfile } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { LogLevel } from '../../common/log.ts';

export type ToWorker =
  /** Sent when the INVITE arrives: opens the agent's socket while the answer is still being made. */
  | { readonly type: 'start'; readonly url: string; readonly agent: AgentProfile }
  /** The writable end of the track the caller hears. */
  | { readonly type: 'playout'; readonly writable: WritableStream<AudioData> }
  /** Only for the track-based capture; the encoded one arrives as an `rtctransform` event. */
  | { readonly type: 'capture'; readonly readable: ReadableStream<AudioData> }
  /** The call is answered: from now on the agent gets its frames, silence included. */
  | { readonly type: 'answered' }
  | { readonly type: 'mute-agent'; readonly muted: boolean }
  | { readonly type: 'close' };

export type FromWorker =
  /** Loaded: only now may a transform be given to it. */
  | { readonly type: 'ready' }
  | { readonly type: 'socket'; readonly socket: SocketStatus }
  | { readonly type: 'agent-event'; readonly event: AgentEvent }
  | { readonly type: 'digit'; readonly digit: string }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly text: string;
      readonly code?: ErrorCode;
    }
  | { readonly type: 'report'; readonly report: MediaReport }
  /** All is released; the last report went out before. */
  | { readonly type: 'closed' };

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
