/**
 * A clock that ticks every 20 ms without drift: slot n is due at start + n × interval, whatever the
 * timer did before. A late timer makes up for every slot that has come due, once each; after a
 * stall longer than `maxCatchUp` slots (a suspended machine) the missed slots are skipped instead of
 * being fired as a burst, and the tick says so. Sleeping after each send would drift by the timer's
 * own lateness, a few percent, which the far end hears as underruns.
 */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Node's timers count whole milliseconds: a slot this close is due. */
const EARLY_MS = 0.5;

export interface PacerOptions {
  readonly intervalMs: number;
  /** Slots made up for after a late timer; more than that are skipped. */
  readonly maxCatchUp?: number;
  readonly clock?: Clock;
  /** Called once per slot, in order; `skipped` slots just before this one are lost. */
  readonly onTick: (slot: number, skipped: number) => void;
}

export class Pacer {
  readonly #interval: number;
  readonly #maxCatchUp: number;
  readonly #clock: Clock;
  readonly #onTick: PacerOptions['onTick'];
  #start = 0;
  #next = 0;
  #timer: unknown;
  #running = false;

  constructor({ intervalMs, maxCatchUp = 25, clock = systemClock, onTick }: PacerOptions) {
    this.#interval = intervalMs;
    this.#maxCatchUp = maxCatchUp;
    this.#clock = clock;
    this.#onTick = onTick;
  }

  /** Ticks slot 0 at once. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#start = this.#clock.now();
    this.#next = 0;
    this.#run();
  }

  stop(): void {
    this.#running = false;
    this.#clock.clearTimer(this.#timer);
  }

  #run(): void {
    const due = Math.floor((this.#clock.now() - this.#start + EARLY_MS) / this.#interval);
    let skipped = 0;
    if (due - this.#next >= this.#maxCatchUp) {
      skipped = due - this.#next;
      this.#next = due;
    }
    while (this.#isRunning() && this.#next <= due) {
      const slot = this.#next;
      this.#next += 1;
      this.#onTick(slot, skipped);
      skipped = 0;
    }
    if (!this.#isRunning()) return;
    const delay = this.#start + this.#next * this.#interval - this.#clock.now();
    this.#timer = this.#clock.setTimer(() => this.#run(), Math.max(0, Math.round(delay)));
  }

  /** A method, because onTick may stop the pacer behind the type checker's back. */
  #isRunning(): boolean {
    return this.#running;
  }
}
