/**
 * When the page is told that something has changed: at once, unless a call is being answered or nothing
 * but figures has moved.
 */

/** Figures change many times a second; people read them once. */
const FIGURES_MS = 1_000;
/** No answer takes longer; if one does, the page must show it. */
const ANSWERING_MS = 1_000;

export class ChangePace {
  readonly #tellNow: () => void;
  readonly #answering = new Set<object>();
  #figures: ReturnType<typeof setTimeout> | undefined;
  /** When the figures are shown next, or were shown last. */
  #shownAt = 0;
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
    if (this.#postponed !== undefined) return;
    if (this.#answering.size === 0) this.tell();
    else this.#postponed = setTimeout(() => this.tell(), ANSWERING_MS);
  }

  /** Shown with the next beat of a clock that everything counted in seconds goes by: one frame for all. */
  changedFigures(): void {
    if (this.#figures !== undefined) return;
    const now = performance.now();
    const next = this.#shownAt + FIGURES_MS;
    this.#shownAt = next > now ? next : now + FIGURES_MS;
    this.#figures = setTimeout(() => this.#showFigures(), this.#shownAt - now);
  }

  /** Whatever is being answered. */
  tell(): void {
    clearTimeout(this.#postponed);
    this.#postponed = undefined;
    this.#tellNow();
  }

  #showFigures(): void {
    this.#figures = undefined;
    this.changed();
  }
}
