/**
 * The language of the page and its call worker. One worker serves one call: it owns the agent's
 * socket and both directions of audio, so that a busy page never delays a sample. What the page
 * shows comes back in reports at a fixed, low rate; events that matter come at once.
 */
import type { Remark } from '../../agent/diagnosis/flow.ts';
import type { AgentEvent } from '../../agent/dialects/types.ts';
import type { AgentProfile, Capture } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { CallFigures, CutBy } from '../../common/figures.ts';
import type { LogLevel } from '../../common/log.ts';
import type { KeyPress } from './dtmf.ts';
import type { MediaReport, SocketStatus } from './report.ts';

export type ToWorker =
  /** Sent when the INVITE arrives: opens the agent's socket while the answer is still being made. */
  | {
      readonly type: 'start';
      readonly callId: string;
      readonly url: string;
      readonly agent: AgentProfile;
      /** The call's codec carries more than 4 kHz. */
      readonly wideband: boolean;
    }
  /** The writable end of the track the caller hears. */
  | { readonly type: 'playout'; readonly writable: WritableStream<AudioData> }
  /** How to hear the caller. Encoded frames come by an `rtctransform` event, whatever way is used. */
  | { readonly type: 'capture'; readonly way: 'encoded' }
  | {
      readonly type: 'capture';
      readonly way: 'track';
      readonly readable: ReadableStream<AudioData>;
    }
  | {
      readonly type: 'capture';
      readonly way: 'worklet';
      readonly port: MessagePort;
      readonly sampleRate: number;
    }
  /** The call is answered: from now on the agent gets its frames, silence included. */
  | { readonly type: 'answered' }
  /** ICE and DTLS are up: packets reach the caller. */
  | { readonly type: 'connected' }
  | { readonly type: 'mute-agent'; readonly muted: boolean }
  /** A key of the caller that did not come with the audio (SIP INFO). */
  | { readonly type: 'digit'; readonly digit: string }
  /** Whatever the agent is saying ends here. */
  | { readonly type: 'interrupt'; readonly by: CutBy }
  | { readonly type: 'close' };

export type FromWorker =
  /** Loaded: only now may a transform be given to it. */
  | { readonly type: 'ready' }
  | { readonly type: 'socket'; readonly socket: SocketStatus }
  | { readonly type: 'agent-event'; readonly event: AgentEvent }
  /** The caller presses a key. */
  | { readonly type: 'digit'; readonly digit: string }
  /** A key among the audio is up again. */
  | { readonly type: 'key'; readonly press: KeyPress }
  /** The agent hears the caller this way now. */
  | { readonly type: 'capture'; readonly capture: Capture; readonly aligned: boolean }
  /** Packets of this codec come from now on, and whether the worker can decode them. */
  | { readonly type: 'codec'; readonly mimeType: string; readonly canDecode: boolean }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly text: string;
      readonly code?: ErrorCode;
    }
  | { readonly type: 'report'; readonly report: MediaReport }
  /** What is odd about the agent, whenever that changes. */
  | { readonly type: 'remarks'; readonly remarks: readonly Remark[] }
  /** Every two seconds, when the agent begins to answer, and at the end. */
  | { readonly type: 'figures'; readonly figures: CallFigures }
  /** The caller has heard what the agent wanted to know of, or it was cut. */
  | {
      readonly type: 'mark';
      readonly name?: string;
      readonly complete: boolean;
      readonly heardMs: number;
    }
  /** All is released; the last report went out before. */
  | { readonly type: 'closed' };
