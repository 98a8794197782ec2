/**
 * Cuts a stream of samples into frames of one exact length: endpoints that count time by frames
 * drop anything else. Whole frames inside the input are emitted without a copy.
 */
export class PcmFramer {
  readonly #frame: Int16Array;
  readonly #emit: (frame: Int16Array) => void;
  #pending = 0;

  /** `emit` gets a view that is valid during the call only. */
  constructor(frameSamples: number, emit: (frame: Int16Array) => void) {
    if (!Number.isInteger(frameSamples) || frameSamples < 1) {
      throw new RangeError(`A frame of ${frameSamples} samples cannot be cut.`);
    }
    this.#frame = new Int16Array(frameSamples);
    this.#emit = emit;
  }

  /** Samples kept for the next frame. */
  get pending(): number {
    return this.#pending;
  }

  push(samples: Int16Array): void {
    const size = this.#frame.length;
    let from = 0;
    if (this.#pending > 0) {
      from = Math.min(size - this.#pending, samples.length);
      this.#frame.set(samples.subarray(0, from), this.#pending);
      this.#pending += from;
      if (this.#pending < size) return;
      this.#pending = 0;
      this.#emit(this.#frame);
    }
    for (; from + size <= samples.length; from += size) {
      this.#emit(samples.subarray(from, from + size));
    }
    this.#frame.set(samples.subarray(from));
    this.#pending = samples.length - from;
  }

  /** Emits the tail, padded with zeros; nothing when there is none. */
  flush(): void {
    if (this.#pending === 0) return;
    this.#frame.fill(0, this.#pending);
    this.#pending = 0;
    this.#emit(this.#frame);
  }

  /** Forgets the tail. */
  reset(): void {
    this.#pending = 0;
  }
}
