/**
 * Where a stream of samples ought to stand by the wall clock: the position of the frame that is
 * arriving right now if the network is at its quickest. The quickest transit seen is the anchor; it
 * ages by 10 ms a second, so that a sender with a slower clock is followed and one that began with
 * a burst is not taken for late ever after.
 */
const AGEING = 0.01;

export class WallClock {
  readonly #perMs: number;
  /** The time at which position 0 would have arrived. */
  #anchor: number | undefined;
  #observedAt = 0;

  constructor(clockRate: number) {
    this.#perMs = clockRate / 1000;
  }

  /** Position 0 is now, unless the clock runs already. */
  start(now: number): void {
    if (this.#anchor === undefined) this.restart(now, 0);
  }

  restart(now: number, position: number): void {
    this.#anchor = now - position / this.#perMs;
    this.#observedAt = now;
  }

  /** A frame that begins at `position` has arrived. */
  observe(now: number, position: number): void {
    this.start(now);
    const aged = (this.#anchor ?? now) + (now - this.#observedAt) * AGEING;
    this.#anchor = Math.min(aged, now - position / this.#perMs);
    this.#observedAt = now;
  }

  /** The position of the frame that may be arriving now. */
  expected(now: number): number {
    return Math.round((now - (this.#anchor ?? now)) * this.#perMs);
  }
}
