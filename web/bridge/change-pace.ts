/**
 * When the page is told that something has changed: at once, unless a call is being answered or nothing
 * has moved but what moves all the time. That waits for the beat of one clock, so that all of it is one
 * picture.
 */

/** Figures change many times a second; people read them once. */
const BEAT_MS = 1_000;
/** No answer takes longer; if one does, the page must show it. */
const ANSWERING_MS = 1_000;

export class ChangePace {
  readonly #tellNow: () => void;
  readonly #answering = new Set<object>();
  #beat: ReturnType<typeof setTimeout> | undefined;
  #postponed: ReturnType<typeof setTimeout> | undefined;

  constructor(tellNow: () => void) {
    this.#tellNow = tellNow;
  }

  /** While a call is being answered, showing it waits: its first picture costs more than the answer. */
  answering(call: object): void {
    this.#answering.add(call);
  }

  answered(call: object): void {
    this.#answering.delete(call);
  }

  changed(): void {
    if (this.#answering.size === 0) this.tell();
    else this.#postponed ??= setTimeout(() => this.tell(), ANSWERING_MS);
  }

  /** Figures, and words that are still being revised, which stand on the time axis before. */
  changedInPassing(): void {
    if (this.#beat !== undefined) return;
    const untilBeat = BEAT_MS - (performance.now() % BEAT_MS);
    this.#beat = setTimeout(() => this.#onBeat(), Math.ceil(untilBeat));
  }

  /** Whatever is being answered. */
  tell(): void {
    clearTimeout(this.#postponed);
    this.#postponed = undefined;
    this.#tellNow();
  }

  #onBeat(): void {
    this.#beat = undefined;
    this.changed();
  }
}
