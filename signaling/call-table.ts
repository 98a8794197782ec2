/**
 * The calls there are: live ones by id, and the last that ended, for whoever asks how one went.
 */
import type { CallStatus } from '../common/api.ts';
import type { Call } from './call.ts';

const REMEMBERED = 100;

export class CallTable {
  readonly #live = new Map<string, Call>();
  readonly #ended = new Map<string, CallStatus>();

  add(call: Call): void {
    this.#ended.delete(call.id);
    this.#live.set(call.id, call);
  }

  /** Keeps how an ended call went. */
  note(call: Call): void {
    if (call.status.state !== 'ended') return;
    this.#live.delete(call.id);
    this.noteEnded(call.status);
  }

  /** Also of a call that never came to be. */
  noteEnded(status: CallStatus): void {
    this.#ended.set(status.callId, status);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > REMEMBERED && oldest !== undefined) this.#ended.delete(oldest);
  }

  get(id: string): Call | undefined {
    return this.#live.get(id);
  }

  has(id: string): boolean {
    return this.#live.has(id);
  }

  /** Live, or ended not long ago. */
  statusOf(id: string): CallStatus | undefined {
    return this.#live.get(id)?.status ?? this.#ended.get(id);
  }

  /** The latest first. */
  get ended(): readonly CallStatus[] {
    return [...this.#ended.values()].toReversed();
  }

  get live(): readonly Call[] {
    return [...this.#live.values()];
  }

  /** How many calls a peer takes part in or is rung for, by where it registered from. */
  countOf(source: string): number {
    return this.live.filter(({ parties }) =>
      parties.some(({ binding }) => binding?.source === source),
    ).length;
  }
}
