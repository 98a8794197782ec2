/**
 * Whether the agent's bytes can be what they are taken for: float and integer told apart by their
 * bits, and integers of the other byte order, or that have lost a byte, by their roughness. Read
 * rightly, speech is smooth from sample to sample; read wrongly, it is noise.
 */
import { PcmDetector, type PcmEncoding } from '../../audio/pcm-detector.ts';

/** Half a second of speech at 16 kHz. */
const ENOUGH_BYTES = 16_000;
/** Squared steps over squared samples: noise has 2, speech a few tenths. */
const ROUGH = 1.2;
const SMOOTH = 0.5;
/** RMS below which a reading says nothing. */
const FAINT = 100;

export type FormatDoubt = 'is-float' | 'is-integer' | 'byte-order';

export class FormatCheck {
  readonly #encoding: PcmEncoding | 'auto';
  readonly #detector = new PcmDetector();
  #held: Uint8Array | undefined = new Uint8Array(ENOUGH_BYTES);
  #length = 0;
  #doubt: FormatDoubt | undefined;

  constructor(encoding: PcmEncoding | 'auto') {
    this.#encoding = encoding;
  }

  /** Undefined while nothing is wrong, or not enough has come. */
  get doubt(): FormatDoubt | undefined {
    return this.#doubt;
  }

  push(bytes: Uint8Array): void {
    if (this.#held === undefined) return;
    const from = this.#length === 0 ? bytes.findIndex((byte) => byte !== 0) : 0;
    if (from === -1) return;
    // Zeros at the start say nothing; what follows them keeps its alignment to samples.
    const part = bytes.subarray(from - (from % 4), from - (from % 4) + ENOUGH_BYTES - this.#length);
    this.#held.set(part, this.#length);
    this.#length += part.length;
    if (this.#length < ENOUGH_BYTES) return;
    this.#judge(this.#held);
    this.#held = undefined;
  }

  #judge(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= bytes.length; at += 4) this.#detector.push(view.getInt32(at, true));
    const verdict = this.#detector.verdict ?? 's16le';
    const little = roughness(view, true);
    const big = roughness(view, false);
    if (verdict === 's16le' && little > ROUGH && big < SMOOTH) this.#doubt = 'byte-order';
    else if (this.#encoding !== 'auto' && verdict !== this.#encoding) {
      this.#doubt = verdict === 'f32le' ? 'is-float' : 'is-integer';
    }
  }
}

function roughness(view: DataView, isLittleEndian: boolean): number {
  let [steps, squares, last] = [0, 0, 0];
  const count = view.byteLength >> 1;
  for (let i = 0; i < count; i += 1) {
    const sample = view.getInt16(i * 2, isLittleEndian);
    steps += (sample - last) ** 2;
    squares += sample ** 2;
    last = sample;
  }
  return squares < count * FAINT ** 2 ? 1 : steps / squares;
}
