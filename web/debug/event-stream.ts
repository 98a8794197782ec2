/**
 * Happenings for `for await`: each loop gets its own stream from when it begins. One that does not keep
 * up loses the oldest, for a loop that was left without a word must not keep everything for ever.
 */
import type { Happening, Happenings } from '../bridge/happenings.ts';

const MAX_WAITING = 1_000;

export function eventStream(happenings: Happenings): AsyncIterable<Happening> {
  return { [Symbol.asyncIterator]: () => new EventReader(happenings) };
}

class EventReader implements AsyncIterator<Happening, undefined> {
  readonly #unfollow: () => void;
  #waiting: Happening[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(happenings: Happenings) {
    this.#unfollow = happenings.follow((happening) => {
      this.#waiting.push(happening);
      if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
      this.#wake?.();
    });
  }

  async next(): Promise<IteratorResult<Happening, undefined>> {
    for (;;) {
      const value = this.#waiting.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#isOver) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  return(): Promise<IteratorResult<Happening, undefined>> {
    this.#isOver = true;
    this.#unfollow();
    this.#waiting = [];
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }
}
