/**
 * Audio that a person at the page puts into a voice: added to what is there, limited to 16 bits, until
 * it is used up. Samples come at the rate of the voice.
 */
/** Ten minutes at 48 kHz. */
const MAX_SAMPLES = 48_000 * 600;

export class Injection {
  #samples = new Int16Array();
  #at = 0;

  /** Follows on what is still there. */
  push(samples: Int16Array): void {
    const rest = this.#samples.subarray(this.#at);
    const all = new Int16Array(Math.min(rest.length + samples.length, MAX_SAMPLES));
    all.set(rest);
    all.set(samples.subarray(0, all.length - rest.length), rest.length);
    this.#samples = all;
    this.#at = 0;
  }

  /** Adds the next of it to `voice`; the same array comes back when there is nothing to add. */
  mix(voice: Int16Array): Int16Array {
    const count = Math.min(voice.length, this.#samples.length - this.#at);
    if (count === 0) return voice;
    const mixed = voice.slice();
    for (let i = 0; i < count; i += 1) {
      const sum = (mixed[i] ?? 0) + (this.#samples[this.#at + i] ?? 0);
      mixed[i] = Math.max(-32_768, Math.min(32_767, sum));
    }
    this.#at += count;
    return mixed;
  }
}
