/** How far it is, in one line of a terminal that is written anew; nothing where nobody looks. */
const EVERY_MS = 500;

export class Progress {
  readonly #output: { write(text: string): unknown } | undefined;
  readonly #totalMs: number;
  #shownAt = -Infinity;
  #isShown = false;

  constructor(
    output: { write(text: string): unknown; readonly isTTY?: boolean },
    quiet: boolean,
    totalMs: number,
  ) {
    this.#output = output.isTTY === true && !quiet ? output : undefined;
    this.#totalMs = totalMs;
  }

  at(ms: number): void {
    if (this.#output === undefined || ms - this.#shownAt < EVERY_MS) return;
    this.#shownAt = ms;
    this.#isShown = true;
    const [now, total] = [ms, this.#totalMs].map((each) => (each / 1000).toFixed(1));
    this.#output.write(`\r${now ?? ''} s of ${total ?? ''} s `);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) this.#output?.write('\r\u001b[K');
  }
}
