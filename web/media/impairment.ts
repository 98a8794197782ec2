/**
 * A bad network on request: packets of the caller are lost, late, and late by different times, as if it
 * had been so on the way. Where none is asked for, packets go by untouched.
 */
export interface Impairment {
  /** Share of the packets, 0 to 1. */
  readonly loss: number;
  /** Every packet is late by this, and by up to `jitterMs` more. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

export const UNIMPAIRED: Impairment = { loss: 0, delayMs: 0, jitterMs: 0 };

/** A packet waits no longer: more would be another call. */
export const MAX_DELAY_MS = 2_000;

export interface ImpairerOptions {
  readonly random: () => number;
  readonly later: (ms: number, go: () => void) => void;
}

export class Impairer {
  /** Packets thrown away. */
  lost = 0;
  #how = UNIMPAIRED;
  readonly #options: ImpairerOptions;

  constructor(options: ImpairerOptions) {
    this.#options = options;
  }

  set(how: Impairment): void {
    const within = (value: number, most: number) => Math.min(Math.max(value, 0) || 0, most);
    this.#how = {
      loss: within(how.loss, 1),
      delayMs: within(how.delayMs, MAX_DELAY_MS),
      jitterMs: within(how.jitterMs, MAX_DELAY_MS),
    };
  }

  /** Calls `arrive` now, later, or never. */
  pass(arrive: () => void): void {
    const { loss, delayMs, jitterMs } = this.#how;
    const { random, later } = this.#options;
    if (loss > 0 && random() < loss) {
      this.lost += 1;
      return;
    }
    const wait = delayMs + (jitterMs > 0 ? random() * jitterMs : 0);
    if (wait > 0) later(wait, arrive);
    else arrive();
  }
}
