/**
 * The last thing before a party's leg: what the other party sends comes through here, and what the
 * engine itself says is put in here: notices (`play media`) and digits (`play DTMF`). While it
 * speaks, the other party is not heard.
 *
 * Own packets leave by the wall clock, one timer for as long as there is something to say; a timer
 * that comes late is followed by an earlier one, so that nothing drifts.
 */
import type { Format } from './codec.ts';
import type { Leg, Meter } from './leg.ts';
import { Restamp } from './restamp.ts';

/** Something to say: packets one after the other, each as long as the last one said. */
export interface Source {
  /** The next packet, or undefined at the end. `timestamp` is that of the source's beginning. */
  next(): Spoken | undefined;
}

export interface Spoken {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly payload: Buffer;
  /** In timestamp units since the source began. */
  readonly offset: number;
  /** Until the next packet, in ms. */
  readonly ms: number;
}

export class Outlet {
  readonly restamp = new Restamp();
  /** What may be sent to the party. */
  formats: readonly Format[] = [];
  leg: Leg | undefined;
  readonly #now: () => number;
  readonly #queue: Source[] = [];
  #begin = 0;
  #due = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get meter(): Meter | undefined {
    return this.leg?.meter;
  }

  get isSpeaking(): boolean {
    return this.#timer !== undefined;
  }

  /** Takes a packet of the other party. */
  pass(packet: Buffer): boolean {
    if (this.leg === undefined) return false;
    if (this.isSpeaking) return true;
    this.restamp.pass(packet, this.#now());
    return this.leg.send(packet, 'rtp');
  }

  sendReports(packet: Buffer): boolean {
    this.restamp.shiftSenderReports(packet);
    return this.leg?.send(packet, 'rtcp') ?? false;
  }

  /** Says this after what is being said. */
  say(source: Source): void {
    this.#queue.push(source);
    if (this.isSpeaking) return;
    this.#due = this.#now();
    this.#start();
    this.#tick();
  }

  /** Takes this one out of what is or will be said. */
  unsay(source: Source): void {
    const at = this.#queue.indexOf(source);
    if (at === -1) return;
    this.#queue.splice(at, 1);
    if (this.#queue.length === 0) this.hush();
    else if (at === 0) this.#start();
  }

  /** Says nothing more. */
  hush(): void {
    this.#queue.length = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#begin = this.restamp.timestampAt(this.#due);
  }

  #tick(): void {
    const spoken = this.#queue[0]?.next();
    if (spoken === undefined) {
      this.#queue.shift();
      if (this.#queue.length === 0) {
        this.hush();
        return;
      }
      this.#start();
      this.#tick();
      return;
    }
    const timestamp = (this.#begin + spoken.offset) >>> 0;
    this.leg?.send(this.restamp.own({ ...spoken, timestamp }, this.#due), 'rtp');
    this.#due += spoken.ms;
    if (spoken.ms === 0) {
      this.#tick();
      return;
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#due - this.#now()));
  }
}
