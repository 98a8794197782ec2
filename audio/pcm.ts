/**
 * The agent's bytes as samples. Endpoints send int16 or float32 without saying which, in chunks
 * that may end inside a sample: the rest is kept for the next chunk. With `auto` everything is
 * held back until PcmDetector has seen enough (a few hundred bytes at most) and then decoded from
 * the first byte, so nothing is lost. Only a silent lead-in is let through before the verdict,
 * counted as float32: the shorter reading, because silence too many is delay for the caller.
 */
import { PcmDetector, type PcmEncoding } from './pcm-detector.ts';

export type { PcmEncoding };

/** Bytes of leading zeros that are held back. */
const HELD_SILENCE = 640;

export class PcmDecoder {
  readonly #fixed: PcmEncoding | undefined;
  readonly #detector = new PcmDetector();
  #encoding: PcmEncoding | undefined;
  /** Bytes not decoded yet: part of one sample, or all of an undecided beginning. */
  #held = new Uint8Array(2048);
  #heldLength = 0;
  /** Bytes of `#held` the detector has seen. */
  #inspected = 0;
  #silent = true;
  #out = new Int16Array(0);
  #clipped = 0;
  #oddSplits = 0;

  constructor(encoding: PcmEncoding | 'auto') {
    this.#fixed = encoding === 'auto' ? undefined : encoding;
    this.#encoding = this.#fixed;
  }

  /** Undefined until `auto` has decided. */
  get encoding(): PcmEncoding | undefined {
    return this.#encoding;
  }

  /** Samples that were out of range or not a number. */
  get clipped(): number {
    return this.#clipped;
  }

  /** Chunks that ended inside a sample. */
  get oddSplits(): number {
    return this.#oddSplits;
  }

  /** Returns a view into an internal buffer, valid until the next call. */
  push(bytes: Uint8Array): Int16Array {
    const undecided = this.#encoding === undefined;
    if (undecided || this.#heldLength > 0) this.#hold(bytes);
    if (undecided) this.#detect();
    if (this.#encoding === undefined) return this.#releaseSilence();
    return this.#heldLength > 0
      ? this.#decodeHeld(this.#encoding)
      : this.#decode(this.#encoding, bytes);
  }

  /**
   * An answer was cut short: what comes next begins a new sample. Without this the first half of a
   * cut sample would shift all that follows by a byte, which turns speech into noise.
   */
  discard(): void {
    if (this.#encoding === undefined) this.#detector.reset();
    this.#heldLength = this.#inspected = 0;
    this.#silent = true;
  }

  /** Forgets held bytes, counters and the verdict of `auto`. */
  reset(): void {
    this.discard();
    this.#encoding = this.#fixed;
    this.#detector.reset();
    this.#clipped = this.#oddSplits = 0;
  }

  #hold(bytes: Uint8Array): void {
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#held.length));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }

  #detect(): void {
    const end = this.#heldLength - (this.#heldLength % 4);
    const view = viewOf(this.#held);
    for (; this.#inspected < end && this.#encoding === undefined; this.#inspected += 4) {
      const word = view.getInt32(this.#inspected, true);
      if (word !== 0) this.#silent = false;
      this.#encoding = this.#detector.push(word);
    }
  }

  #releaseSilence(): Int16Array {
    const groups = this.#silent ? Math.max(0, (this.#inspected - HELD_SILENCE) >> 2) : 0;
    const out = this.#room(groups);
    out.fill(0);
    this.#held.copyWithin(0, groups * 4, this.#heldLength);
    this.#heldLength -= groups * 4;
    this.#inspected -= groups * 4;
    return out;
  }

  #decodeHeld(encoding: PcmEncoding): Int16Array {
    const bytes = this.#held.subarray(0, this.#heldLength);
    this.#heldLength = 0;
    return this.#decode(encoding, bytes);
  }

  #decode(encoding: PcmEncoding, bytes: Uint8Array): Int16Array {
    const size = encoding === 's16le' ? 2 : 4;
    const out = this.#room(Math.floor(bytes.length / size));
    const view = viewOf(bytes);
    if (encoding === 's16le') {
      for (let i = 0; i < out.length; i++) out[i] = view.getInt16(i * 2, true);
    } else {
      for (let i = 0; i < out.length; i++) out[i] = this.#quantise(view.getFloat32(i * 4, true));
    }
    const rest = bytes.subarray(out.length * size);
    if (rest.length > 0) {
      this.#oddSplits++;
      this.#hold(rest);
    }
    return out;
  }

  #quantise(value: number): number {
    if (value >= -1 && value <= 1) return Math.min(32_767, Math.round(value * 32_768));
    this.#clipped++;
    return value > 0 ? 32_767 : value < 0 ? -32_768 : 0;
  }

  #room(samples: number): Int16Array {
    if (this.#out.length < samples) this.#out = new Int16Array(samples);
    return this.#out.subarray(0, samples);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
