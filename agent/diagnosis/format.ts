/**
 * Whether the agent's bytes can be what they are taken for: read rightly, speech is smooth from sample
 * to sample; as another type, in the other byte order or with a byte lost, it is noise. But sibilants,
 * high tones and noise are rough however they are read, and what is faint is smooth both ways: only a
 * voice that another reading shows and the one in use turns into noise, time and again, is evidence.
 */
import { PcmDetector, type PcmEncoding } from '../../audio/pcm-detector.ts';

/** 40 ms of speech at 16 kHz: shorter than a sound of it, long enough to judge one. */
const BLOCK_BYTES = 1_280;
/** Voice that suffices as evidence, and where the search for that much ends (10 s). */
const VOICED_BLOCKS = 10;
const MAX_BLOCKS = 250;
/** Squared steps over twice the variance: white noise has 1, a voice some tenths at most. */
const ROUGH = 0.5;
const SMOOTH = 0.25;
/** So many times the blocks that are a voice as they are read. */
const MAJORITY = 4;
/** RMS below which a reading shows no voice, as a share of full scale: −50 dBFS. */
const FAINT = 0.003;
/** Below this, what is not silence is no sound either. */
const NOTHING = 1e-9;

export type FormatDoubt = 'is-float' | 'is-integer' | 'byte-order';

export class FormatCheck {
  readonly #encoding: PcmEncoding | 'auto';
  readonly #detector = new PcmDetector();
  readonly #block = new DataView(new ArrayBuffer(BLOCK_BYTES));
  readonly #bytes = new Uint8Array(this.#block.buffer);
  #length = 0;
  /** Bytes since the last beginning of a sample that is known for sure. */
  #offset = 0;
  #blocks = 0;
  /** In how many of them there was a voice as they are read, and by another reading. */
  #right = 0;
  readonly #otherwise: Record<FormatDoubt, number> = {
    'is-float': 0,
    'is-integer': 0,
    'byte-order': 0,
  };
  #doubt: FormatDoubt | undefined;

  constructor(encoding: PcmEncoding | 'auto') {
    this.#encoding = encoding;
  }

  /** Undefined while nothing is wrong, or not enough has come. */
  get doubt(): FormatDoubt | undefined {
    return this.#doubt;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isDone;) {
      if (this.#length === 0 && this.#offset % 4 === 0) at = this.#skipZeros(bytes, at);
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#length);
      this.#bytes.set(part, this.#length);
      at += part.length;
      this.#length += part.length;
      this.#offset += part.length;
      if (this.#length < BLOCK_BYTES) return;
      this.#length = 0;
      this.#blocks += 1;
      this.#vote(this.#encoding === 'auto' ? this.#detect() : this.#encoding);
    }
  }

  /** What comes next begins a new sample, whatever the last byte was part of. */
  discard(): void {
    this.#length = this.#offset = 0;
  }

  get #isDone(): boolean {
    return this.#doubt !== undefined || this.#right >= VOICED_BLOCKS || this.#blocks >= MAX_BLOCKS;
  }

  /** Silence says nothing; what follows it keeps its place within a sample. */
  #skipZeros(bytes: Uint8Array, from: number): number {
    let to = from;
    while (to < bytes.length && bytes[to] === 0) to += 1;
    const skipped = to - from - ((to - from) % 4);
    this.#offset += skipped;
    return from + skipped;
  }

  /** What the decoder of `auto` takes it for. */
  #detect(): PcmEncoding {
    for (let at = 0; at < BLOCK_BYTES; at += 4) this.#detector.push(this.#block.getInt32(at, true));
    return this.#detector.verdict ?? 's16le';
  }

  #vote(encoding: PcmEncoding): void {
    const own = read(this.#block, encoding === 's16le' ? int16 : float32, true);
    const isNoise = own.roughness >= ROUGH || own.rms < NOTHING;
    if (!isNoise && !isVoice(own)) return;
    const doubt = this.#voiceIn(encoding);
    if (!isNoise && doubt === undefined) this.#right += 1;
    if (!isNoise || doubt === undefined) return;
    const voiced = (this.#otherwise[doubt] += 1);
    if (voiced >= VOICED_BLOCKS && voiced > MAJORITY * this.#right) this.#doubt = doubt;
  }

  /** The reading, of all but the one in use, that shows a voice. */
  #voiceIn(encoding: PcmEncoding): FormatDoubt | undefined {
    const shows = (type: SampleType, isLittleEndian: boolean) =>
      isVoice(read(this.#block, type, isLittleEndian));
    if (shows(int16, false) || shows(float32, false)) return 'byte-order';
    if (this.#encoding === 'auto') return undefined;
    if (encoding === 's16le') return shows(float32, true) ? 'is-float' : undefined;
    return shows(int16, true) ? 'is-integer' : undefined;
  }
}

interface Reading {
  /** Root mean square about the mean, of full scale. */
  readonly rms: number;
  readonly roughness: number;
}

interface SampleType {
  readonly bytes: number;
  readonly get: (view: DataView, at: number, isLittleEndian: boolean) => number;
}

const int16: SampleType = {
  bytes: 2,
  get: (view, at, isLittleEndian) => view.getInt16(at, isLittleEndian) / 32_768,
};
const float32: SampleType = {
  bytes: 4,
  get: (view, at, isLittleEndian) => view.getFloat32(at, isLittleEndian),
};

function isVoice({ rms, roughness }: Reading): boolean {
  return rms >= FAINT && rms <= 1 && roughness <= SMOOTH;
}

function read(view: DataView, { bytes, get }: SampleType, isLittleEndian: boolean): Reading {
  const count = view.byteLength / bytes;
  let [sum, squares, steps, last] = [0, 0, 0, get(view, 0, isLittleEndian)];
  for (let at = 0; at < view.byteLength; at += bytes) {
    const sample = get(view, at, isLittleEndian);
    sum += sample;
    squares += sample ** 2;
    steps += (sample - last) ** 2;
    last = sample;
  }
  const variance = squares / count - (sum / count) ** 2;
  const roughness = steps / count / (2 * variance);
  // What is no number at all is no voice, and as rough as can be.
  return Number.isFinite(roughness) ? { rms: Math.sqrt(variance), roughness } : NOISE;
}

const NOISE: Reading = { rms: 0, roughness: 1 };
