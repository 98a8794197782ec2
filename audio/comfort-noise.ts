/**
 * The sound of a line on which nobody speaks (RFC 3389, https://www.rfc-editor.org/rfc/rfc3389): a
 * sender that suppresses silence describes it once by a level in −dBov and, if it likes, by
 * reflection coefficients that give it a colour; the receiver makes noise of its own after that.
 * Digital silence instead sounds like a dead line, and confuses voice detectors that follow the
 * noise floor.
 */

/** dBov is against the loudest square wave (RFC 3389 §3). */
const FULL_SCALE = 32_767;
/** Twelve in-band coefficients are plenty for 4 kHz of noise. */
const MAX_ORDER = 12;

export class ComfortNoise {
  #rms = 0;
  #seed = 0x2545f491;
  #order = 0;
  /** Reflection coefficients, and the lattice's memory. */
  readonly #k = new Float64Array(MAX_ORDER);
  readonly #memory = new Float64Array(MAX_ORDER + 1);
  /** Keeps the level at what is asked for, whatever the filter adds. */
  #gain = 1;

  get isSilent(): boolean {
    return this.#rms < 1;
  }

  /** Takes a CN payload: one byte of level, one for each coefficient (RFC 3389 §3.1, §3.2). */
  describe(payload: Uint8Array): void {
    const [level = 127] = payload;
    this.#rms = FULL_SCALE * 10 ** (-(level & 0x7f) / 20);
    this.#order = Math.min(MAX_ORDER, payload.length - 1);
    let power = 1;
    for (let i = 0; i < this.#order; i++) {
      // 258 · (N − 127) in Q15.
      const k = Math.max(-0.99, Math.min(0.99, (258 * ((payload[i + 1] ?? 127) - 127)) / 32_768));
      this.#k[i] = k;
      power *= 1 - k * k;
    }
    this.#gain = Math.sqrt(power);
  }

  /** Back to digital silence. */
  silence(): void {
    this.#rms = 0;
  }

  fill(out: Int16Array): void {
    if (this.isSilent) {
      out.fill(0);
      return;
    }
    // Uniform noise of unit variance lies within ±√3.
    const scale = this.#rms * this.#gain * Math.sqrt(3);
    for (let i = 0; i < out.length; i++) {
      const value = Math.round(this.#filter(this.#random() * scale));
      out[i] = Math.max(-32_768, Math.min(32_767, value));
    }
  }

  /** An all-pole lattice: stable for any coefficients below one. */
  #filter(excitation: number): number {
    let forward = excitation;
    for (let i = this.#order - 1; i >= 0; i--) {
      const k = this.#k[i] ?? 0;
      const backward = this.#memory[i] ?? 0;
      forward -= k * backward;
      this.#memory[i + 1] = backward + k * forward;
    }
    this.#memory[0] = forward;
    return forward;
  }

  /** Xorshift, −1…1. */
  #random(): number {
    let x = this.#seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#seed = x;
    return x / 2 ** 31;
  }
}
