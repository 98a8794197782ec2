/**
 * The language of the page and its call worker. One worker serves one call: it owns the agent's
 * socket and both directions of audio, so that a busy page never delays a sample. What the page
 * shows comes back in reports at a fixed, low rate; events that matter come at once.
 */
import type { AgentProfile } from '../../common/api.ts';
import type { CutBy } from '../../common/figures.ts';
import type { Impairment } from './impairment.ts';
import type { Side } from './report.ts';

export type { FromWorker } from './from-worker.ts';

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
  /**
   * The call was answered, by `Date`'s clock in ms: from then on its time is counted, and the agent gets
   * its frames, silence included.
   */
  | { readonly type: 'answered'; readonly at: number }
  /** ICE and DTLS are up: packets reach the caller. */
  | { readonly type: 'connected' }
  | { readonly type: 'mute-agent'; readonly muted: boolean }
  /** Whether the person at the page hears the caller, by the browser's own decoder. */
  | { readonly type: 'listen'; readonly on: boolean }
  | { readonly type: 'mute-caller'; readonly muted: boolean }
  /** A key of the caller that did not come with the audio (SIP INFO). */
  | { readonly type: 'digit'; readonly digit: string }
  /** Whatever the agent is saying ends here. */
  | { readonly type: 'interrupt'; readonly by: CutBy }
  /** Both voices go to this port from now on (recording/call-tape.ts), until told otherwise. */
  | { readonly type: 'record'; readonly port: MessagePort }
  | { readonly type: 'stop-recording' }
  /** Adds audio to one voice. */
  | {
      readonly type: 'inject';
      readonly side: Side;
      readonly samples: Int16Array<ArrayBuffer>;
      readonly sampleRate: number;
    }
  /** What becomes of the caller's packets on their way. */
  | { readonly type: 'impair'; readonly how: Impairment }
  /** Instead of a phone: the caller of a recording, at the rate the agent hears. After `start`. */
  | { readonly type: 'replay'; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly type: 'close' };
