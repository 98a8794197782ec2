/**
 * First in, first out, for minutes of samples: a linked list of fixed blocks, so that neither end
 * ever moves what is queued. One spent block is kept, which makes a steady stream free of
 * allocations.
 */
const BLOCK = 4096;

interface Block {
  readonly samples: Int16Array;
  next: Block | undefined;
}

export class SampleFifo {
  #head: Block = newBlock();
  #tail = this.#head;
  #spare: Block | undefined;
  /** First sample in the head block, first free place in the tail block. */
  #from = 0;
  #to = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(samples: Int16Array): void {
    for (let done = 0; done < samples.length;) {
      if (this.#to === BLOCK) this.#grow();
      const count = Math.min(BLOCK - this.#to, samples.length - done);
      this.#tail.samples.set(samples.subarray(done, done + count), this.#to);
      this.#to += count;
      done += count;
    }
    this.#length += samples.length;
  }

  /** Moves as many samples as there are, at most `out.length`, and says how many. */
  shift(out: Int16Array): number {
    const total = Math.min(out.length, this.#length);
    for (let done = 0; done < total;) {
      if (this.#from === BLOCK) this.#advance();
      const count = Math.min(BLOCK - this.#from, total - done);
      out.set(this.#head.samples.subarray(this.#from, this.#from + count), done);
      this.#from += count;
      done += count;
    }
    this.#length -= total;
    if (this.#length === 0) this.clear();
    return total;
  }

  clear(): void {
    this.#head.next = undefined;
    this.#tail = this.#head;
    this.#from = this.#to = this.#length = 0;
  }

  #grow(): void {
    const block = this.#spare ?? newBlock();
    this.#spare = undefined;
    block.next = undefined;
    this.#tail.next = block;
    this.#tail = block;
    this.#to = 0;
  }

  #advance(): void {
    const { next } = this.#head;
    if (next === undefined) return;
    this.#spare = this.#head;
    this.#head = next;
    this.#from = 0;
  }
}

function newBlock(): Block {
  return { samples: new Int16Array(BLOCK), next: undefined };
}
