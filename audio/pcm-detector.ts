/**
 * Tells 32-bit floats from 16-bit integers by looking at the bytes, four at a time. In speech as
 * float32 nearly every group has an exponent between 2^-40 and 1; in int16 the same bits are the
 * high byte of every second sample, and quiet negative ones (0xff…) read as NaN or as something
 * huge. What is left, loud int16 that never leaves one narrow band, is smooth from sample to
 * sample, and the halves of floats never are.
 */
export type PcmEncoding = 's16le' | 'f32le';

/** Groups that look like floats before the verdict is float. */
const FLOAT_QUORUM = 24;
/** Groups that cannot be floats of speech before the verdict is integer. */
const INTEGER_QUORUM = 3;
/** Groups after the first non-zero one when a verdict is due, whatever it is: 640 bytes. */
const PATIENCE = 160;
const TINY = 2 ** -40;
/** RMS of an int16 reading that mantissa bits always exceed. */
const FAINT = 1000;

export class PcmDetector {
  #verdict: PcmEncoding | undefined;
  #groups = 0;
  #floats = 0;
  #integers = 0;
  #lastHalf = 0;
  /** Energy of the int16 reading, and of the differences between its neighbours. */
  #energy = 0;
  #roughness = 0;

  get verdict(): PcmEncoding | undefined {
    return this.#verdict;
  }

  /** One aligned group of four bytes as a little-endian word. */
  push(word: number): PcmEncoding | undefined {
    if (this.#verdict !== undefined || (word === 0 && this.#groups === 0)) return this.#verdict;
    this.#groups++;
    this.#measureAsIntegers(word);
    if (word !== 0) this.#vote(word);
    this.#verdict = this.#judge();
    return this.#verdict;
  }

  reset(): void {
    this.#verdict = undefined;
    this.#groups = this.#floats = this.#integers = 0;
    this.#lastHalf = this.#energy = this.#roughness = 0;
  }

  #measureAsIntegers(word: number): void {
    const low = (word << 16) >> 16;
    const high = word >> 16;
    this.#energy += low * low + high * high;
    this.#roughness += (low - this.#lastHalf) ** 2 + (high - low) ** 2;
    this.#lastHalf = high;
  }

  #vote(word: number): void {
    const magnitude = Math.abs(floatOf(word));
    if (!(magnitude <= 2)) this.#integers++;
    else if (magnitude >= TINY && magnitude <= 1.5) this.#floats++;
  }

  #judge(): PcmEncoding | undefined {
    if (this.#integers >= INTEGER_QUORUM && this.#integers * 4 > this.#floats) return 's16le';
    const floatLike = this.#integers * 20 <= this.#floats && this.#roughness > this.#energy;
    if (this.#floats >= FLOAT_QUORUM && floatLike) return 'f32le';
    if (this.#groups < PATIENCE) return undefined;
    // Numbers below 2^-40, as filters leave them before a first word, vote for neither; read as
    // integers they are loud noise, while the faint int16 that looks like them stays faint.
    const loud = this.#energy > this.#groups * 2 * FAINT ** 2;
    return this.#integers === 0 && loud && this.#roughness > this.#energy ? 'f32le' : 's16le';
  }
}

const view = new DataView(new ArrayBuffer(4));

function floatOf(word: number): number {
  view.setUint32(0, word >>> 0);
  return view.getFloat32(0);
}
