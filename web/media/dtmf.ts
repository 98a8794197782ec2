/**
 * Keys the caller presses. They travel as RTP telephone-event packets among the audio packets
 * (RFC 4733, https://www.rfc-editor.org/rfc/rfc4733#section-2.3): event, end bit, volume, duration;
 * every packet of one key carries the same RTP timestamp, and the last one is sent three times. Any of
 * them may be lost: a key is down with the first that comes, and up with the end bit, with the next
 * key, or when nothing more is heard of it.
 */
const KEYS = '0123456789*#ABCD';
const SAMPLES_PER_MS = 8;
/** Packets of a key come every 20 to 50 ms. */
const LOST_MS = 150;

export interface KeyPress {
  readonly digit: string;
  readonly durationMs: number;
}

export interface DtmfEvents {
  readonly onDown: (digit: string) => void;
  /** Once per key, with how long it was down. */
  readonly onUp: (press: KeyPress) => void;
}

interface Key {
  readonly digit: string;
  readonly timestamp: number;
  duration: number;
  heardAt: number;
  isUp: boolean;
}

export class DtmfReader {
  readonly #events: DtmfEvents;
  #key: Key | undefined;

  constructor(events: DtmfEvents) {
    this.#events = events;
  }

  /** A packet that is no key is nothing. */
  push(timestamp: number, payload: Uint8Array, now: number): void {
    const [event = KEYS.length, flags = 0, high = 0, low = 0] = payload;
    const digit = KEYS[event];
    if (payload.length < 4 || digit === undefined) return;
    if (this.#key?.timestamp !== timestamp) {
      this.#up();
      this.#key = { digit, timestamp, duration: 0, heardAt: now, isUp: false };
      this.#events.onDown(digit);
    }
    const key = this.#key;
    key.heardAt = now;
    // Packets may overtake each other.
    key.duration = Math.max(key.duration, (high << 8) | low);
    if ((flags & 0x80) !== 0) this.#up();
  }

  /** Call it every so often: notices a key whose end was lost. */
  tick(now: number): void {
    if (this.#key && now - this.#key.heardAt > LOST_MS) this.#up();
  }

  #up(): void {
    const key = this.#key;
    if (!key || key.isUp) return;
    key.isUp = true;
    const durationMs = Math.round(key.duration / SAMPLES_PER_MS);
    this.#events.onUp({ digit: key.digit, durationMs });
  }
}
