/**
 * How loud each band of a voice is, 20 ms by 20 ms: what a spectrogram shows. One transform of 256
 * points per column under a Hann window; two bins make a band of 62.5 Hz.
 */
import { complex, fft } from './fft.ts';

const RATE = 8_000;
const HOP = RATE / 50;
const POINTS = 256;
export const SPECTRUM_BANDS = 64;
/** What is shown: 80 dB, from a tone at full scale downwards. */
const RANGE_DB = 80;
/** A tone at full scale: half its amplitude in each of two mirrored bins, half of that by the window. */
const FULL_SCALE = (32_768 * POINTS) / 4;

export class SpectrumMeter {
  readonly #window = Float64Array.from(
    { length: POINTS },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / POINTS),
  );
  readonly #past = new Int16Array(POINTS);
  readonly #signal = complex(POINTS);
  readonly #columns: Uint8Array;
  #at = 0;
  #sinceColumn = 0;
  #count = 0;

  constructor(maxColumns: number) {
    this.#columns = new Uint8Array(maxColumns * SPECTRUM_BANDS);
  }

  push(samples: Int16Array): void {
    for (const sample of samples) {
      this.#past[this.#at] = sample;
      this.#at = (this.#at + 1) % POINTS;
      this.#sinceColumn += 1;
      if (this.#sinceColumn === HOP) this.#endColumn();
    }
  }

  /** The columns since the last read: SPECTRUM_BANDS values of 0 to 255 each, lowest band first. */
  read(): Uint8Array<ArrayBuffer> {
    const columns = this.#columns.slice(0, this.#count * SPECTRUM_BANDS);
    this.#count = 0;
    return columns;
  }

  #endColumn(): void {
    this.#sinceColumn = 0;
    const at = this.#count * SPECTRUM_BANDS;
    if (at >= this.#columns.length) return;
    this.#count += 1;
    const { re, im } = this.#signal;
    let sum = 0;
    for (let i = 0; i < POINTS; i += 1) {
      const sample = this.#past[(this.#at + i) % POINTS] ?? 0;
      re[i] = sample * (this.#window[i] ?? 0);
      im[i] = 0;
      sum |= sample;
    }
    // Silence is most of a call.
    if (sum === 0) {
      this.#columns.fill(0, at, at + SPECTRUM_BANDS);
      return;
    }
    fft(this.#signal);
    for (let band = 0; band < SPECTRUM_BANDS; band += 1) {
      const low = (re[2 * band] ?? 0) ** 2 + (im[2 * band] ?? 0) ** 2;
      const high = (re[2 * band + 1] ?? 0) ** 2 + (im[2 * band + 1] ?? 0) ** 2;
      const db = 10 * Math.log10(Math.max(low, high, 1) / FULL_SCALE ** 2);
      this.#columns[at + band] = Math.min(255, Math.max(0, 255 * (1 + db / RANGE_DB)));
    }
  }
}
