/**
 * Frames that wait for an earlier one, in the order of their timestamps (RFC 3550 §5.1, modulo
 * 2^32), and the timestamps of the last frames that were taken, to tell duplicates from late ones.
 */
export interface WaitingFrame {
  readonly timestamp: number;
  readonly samples: Int16Array;
  readonly arrivedAt: number;
}

/** Packets; a duplicate that comes later than this is simply late. */
const REMEMBERED = 64;

export class FrameShelf {
  readonly #frames: WaitingFrame[] = [];
  readonly #remembered: number[] = [];
  #oldest = 0;

  get size(): number {
    return this.#frames.length;
  }

  get first(): WaitingFrame | undefined {
    return this.#frames[0];
  }

  /** Copies the samples: the caller's view ends with its call. */
  put(timestamp: number, samples: Int16Array, arrivedAt: number): void {
    const later = this.#frames.findIndex((frame) => ((frame.timestamp - timestamp) | 0) > 0);
    const at = later === -1 ? this.#frames.length : later;
    this.#frames.splice(at, 0, { timestamp, samples: samples.slice(), arrivedAt });
  }

  takeFirst(): void {
    this.#frames.shift();
  }

  holds(timestamp: number): boolean {
    return this.#frames.some((frame) => frame.timestamp === timestamp);
  }

  remember(timestamp: number): void {
    if (this.#remembered.length < REMEMBERED) {
      this.#remembered.push(timestamp);
      return;
    }
    this.#remembered[this.#oldest] = timestamp;
    this.#oldest = (this.#oldest + 1) % REMEMBERED;
  }

  remembers(timestamp: number): boolean {
    return this.#remembered.includes(timestamp);
  }

  /** A new time base: its timestamps have nothing to do with those before. */
  forget(): void {
    this.#remembered.length = 0;
    this.#oldest = 0;
  }
}
