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
  #figuresDueAt = 0;
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

  /**
   * Shown together with the report that comes by then, whose waveforms make a picture anyway; a little
   * later when none does.
   */
  changedFigures(): void {
    if (this.#figures === undefined) {
      this.#figuresDueAt = performance.now() + FIGURES_MS;
      this.#figures = setTimeout(() => this.#showFigures(), 2 * FIGURES_MS);
    } else if (performance.now() >= this.#figuresDueAt) this.#showFigures();
  }

  /** Whatever is being answered. */
  tell(): void {
    clearTimeout(this.#postponed);
    this.#postponed = undefined;
    this.#tellNow();
  }

  #showFigures(): void {
    clearTimeout(this.#figures);
    this.#figures = undefined;
    this.changed();
  }
}
