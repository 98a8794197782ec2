/** The loudness of each band of a voice per 20 ms, for the last minutes of a call: its spectrogram. */

/** Of 62.5 Hz each, up to 4 kHz. */
export const BANDS = 64;
/** Ten minutes: 2 MB a voice. */
export const MAX_SPECTRA = 30_000;
const FIRST_CAPACITY = 1_500;

export class Spectra {
  #total = 0;
  #values = new Uint8Array(FIRST_CAPACITY * BANDS);

  /** Columns since the answer. */
  get total(): number {
    return this.#total;
  }

  get bytes(): number {
    return this.#values.length;
  }

  push(columns: Uint8Array): void {
    for (let at = 0; at + BANDS <= columns.length; at += BANDS) {
      const capacity = this.#values.length / BANDS;
      if (this.#total === capacity && capacity < MAX_SPECTRA) {
        const values = new Uint8Array(Math.min(MAX_SPECTRA, capacity * 2) * BANDS);
        values.set(this.#values);
        this.#values = values;
      }
      const place = (this.#total % (this.#values.length / BANDS)) * BANDS;
      this.#values.set(columns.subarray(at, at + BANDS), place);
      this.#total += 1;
    }
  }

  /** Time of which nothing is known. */
  padTo(column: number): void {
    const silence = new Uint8Array(BANDS);
    // More would only be overwritten.
    if (column - this.#total > MAX_SPECTRA) this.#total = column - MAX_SPECTRA;
    while (this.#total < column) this.push(silence);
  }

  /** 0 to 255; 0 where nothing is known. */
  at(column: number, band: number): number {
    const capacity = this.#values.length / BANDS;
    if (column < 0 || column >= this.#total || column < this.#total - capacity) return 0;
    return this.#values[(column % capacity) * BANDS + band] ?? 0;
  }
}
