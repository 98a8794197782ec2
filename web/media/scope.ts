/**
 * What the page shows of one direction of audio: level and waveform. Fed in the worker with every
 * sample, read at the pace of the reports, so that the page gets a few bytes per 20 ms instead of
 * the audio itself.
 */
import { LevelMeter } from '../../audio/levels.ts';
import type { ScopeReading } from './report.ts';

/** One column per 20 ms at 8 kHz. */
const COLUMN_SAMPLES = 160;
/** Two seconds: a worker that was held up that long shows a gap, not a growing array. */
const MAX_COLUMNS = 100;

export class Scope {
  readonly #meter = new LevelMeter();
  readonly #columns = new Int8Array(MAX_COLUMNS * 2);
  #count = 0;
  #low = 0;
  #high = 0;
  #filled = 0;

  push(samples: Int16Array): void {
    this.#meter.push(samples);
    for (const sample of samples) {
      if (sample < this.#low) this.#low = sample;
      if (sample > this.#high) this.#high = sample;
      this.#filled += 1;
      if (this.#filled === COLUMN_SAMPLES) this.#endColumn();
    }
  }

  read(): ScopeReading {
    const { peakDbfs, rmsDbfs, clipped } = this.#meter.read();
    const columns = this.#columns.slice(0, this.#count * 2);
    this.#count = 0;
    return { peakDbfs, rmsDbfs, clipped, columns };
  }

  #endColumn(): void {
    if (this.#count < MAX_COLUMNS) {
      this.#columns[this.#count * 2] = this.#low >> 8;
      this.#columns[this.#count * 2 + 1] = this.#high >> 8;
      this.#count += 1;
    }
    this.#low = 0;
    this.#high = 0;
    this.#filled = 0;
  }
}
