/**
 * How a call goes, as everybody is told of it: who called whom, since when, who answered, how it ended.
 * It only keeps the record; what happens to the call is decided elsewhere (call.ts, originations.ts).
 */
import type { CallOutcome, CallStatus } from '../common/api.ts';
import type { MediaPeer } from './media.ts';

/** What does not change from the first moment on. */
export type CallFacts = Pick<
  CallStatus,
  'callId' | 'direction' | 'extension' | 'caller' | 'dialled'
>;

export interface Ending {
  /** For the log and the status. */
  readonly why: string;
  readonly outcome: CallOutcome;
  /** The SIP status that the caller was refused with. */
  readonly status?: number;
}

export class CallRecord {
  readonly #facts: CallFacts;
  readonly #startedAt = new Date();
  #answer: { readonly at: Date; readonly by: string } | undefined;
  #end: { readonly at: Date; readonly ending: Ending } | undefined;

  constructor(facts: CallFacts) {
    this.#facts = facts;
  }

  get state(): CallStatus['state'] {
    if (this.#end) return 'ended';
    return this.#answer ? 'answered' : 'ringing';
  }

  /** @returns how long it rang, in milliseconds. */
  answered(by: string): number {
    const at = new Date();
    this.#answer = { at, by };
    return at.getTime() - this.#startedAt.getTime();
  }

  ended(ending: Ending): void {
    this.#end = { at: new Date(), ending };
  }

  status(heldBy: readonly MediaPeer[] = []): CallStatus {
    const { callId, direction, extension, caller, dialled } = this.#facts;
    const { at: endedAt, ending } = this.#end ?? {};
    return {
      callId,
      direction,
      extension,
      caller,
      dialled,
      state: this.state,
      startedAt: this.#startedAt.toISOString(),
      ...(this.#answer && {
        answeredAt: this.#answer.at.toISOString(),
        answeredBy: this.#answer.by,
      }),
      heldBy,
      ...(endedAt && { endedAt: endedAt.toISOString() }),
      ...(ending && { outcome: ending.outcome, reason: ending.why }),
      ...(ending?.status !== undefined && { status: ending.status }),
    };
  }
}

/** What a refusal means to whoever asks how the call went. */
export function outcomeOf(status: number): CallOutcome {
  if (status === 486 || status === 600) return 'busy';
  if (status === 603 || status === 607) return 'declined';
  if (status === 480 || status === 408 || status === 487) return 'no-answer';
  return 'failed';
}
