/**
 * Makes ng commands safe to repeat: UDP loses datagrams, so clients send a command again with the
 * same cookie, and the second one must be answered like the first without being executed again,
 * also while the first is still being worked on. Answers are kept for as long as any client
 * repeats, and no more than a bounded number of them.
 */
const KEEP_MS = 30_000;
const KEEP_AT_MOST = 4096;

export class CookieCache {
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Promise<Buffer> }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#answers.size;
  }

  /** The answer to this cookie of this peer, if the command has been seen before. */
  get(peer: string, cookie: string): Promise<Buffer> | undefined {
    this.#expire();
    return this.#answers.get(keyOf(peer, cookie))?.answer;
  }

  set(peer: string, cookie: string, answer: Promise<Buffer>): void {
    this.#expire();
    this.#answers.set(keyOf(peer, cookie), { at: this.#now(), answer });
  }

  clear(): void {
    this.#answers.clear();
  }

  /** A Map keeps the order of insertion: the oldest come first. */
  #expire(): void {
    const horizon = this.#now() - KEEP_MS;
    for (const [key, { at }] of this.#answers) {
      if (at > horizon && this.#answers.size < KEEP_AT_MOST) return;
      this.#answers.delete(key);
    }
  }
}

/** Cookies hold no blanks, so the pair is unambiguous. */
function keyOf(peer: string, cookie: string): string {
  return `${peer} ${cookie}`;
}
