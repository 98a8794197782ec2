/**
 * The calls of this page, and the SIP and media of those that are up. Bounded: of old calls the voices
 * go first, then the calls.
 */
import type { CaptureMode } from '../../common/api.ts';
import type { CallMedia } from '../media/call-media.ts';
import type { SipCall } from '../phone/sip-call.ts';
import type { Call } from './call.ts';

/** Kept in the list, the ended ones included. */
const MAX_CALLS = 50;
/** Of which the voices can still be seen: a few megabytes for each hour. */
const MAX_VOICES = 10;

export interface LiveCall {
  readonly sip: SipCall;
  readonly media: CallMedia;
}

export class CallBoard {
  /** Newest first, ended ones included. */
  all: readonly Call[] = [];
  /** How calls to come are captured, where a person has said so. */
  captureMode: CaptureMode | undefined;
  readonly #live = new Map<string, LiveCall>();

  /** Those whose SIP and media are up. */
  get live(): Iterable<LiveCall> {
    return this.#live.values();
  }

  add(call: Call): void {
    this.all = [call, ...this.all].slice(0, MAX_CALLS);
    for (const old of this.all.slice(MAX_VOICES)) {
      if (!old.isLive) old.timeline.forgetVoices();
    }
  }

  find(id: string): Call | undefined {
    return this.all.find((call) => call.id === id);
  }

  findLive(id: string): Call | undefined {
    return this.all.find((call) => call.id === id && call.isLive);
  }

  connect(id: string, live: LiveCall): void {
    this.#live.set(id, live);
  }

  sipOf(id: string): SipCall | undefined {
    return this.#live.get(id)?.sip;
  }

  mediaOf(id: string): CallMedia | undefined {
    return this.#live.get(id)?.media;
  }

  /** It is over. @returns what was up of it */
  release(id: string): LiveCall | undefined {
    const live = this.#live.get(id);
    this.#live.delete(id);
    return live;
  }
}
