/**
 * The last seconds of one direction of audio as lowest/highest pairs per 20 ms, for drawing, and the
 * level with a peak that falls slowly, as meters do. Filled by reports, drawn by a canvas that asks to
 * be told while it can be seen: a loop of animation frames would cost more than the drawing.
 */
import type { ScopeReading } from '../media/report.ts';
import { COLUMN_FIELDS } from '../timeline/envelope.ts';

export const COLUMNS = 1_500;
const FLOOR_DBFS = -100;
/** How fast the shown peak falls, in dB per report. */
const PEAK_FALL_DB = 1.2;

export class Waveform {
  /** Columns written since the call began; column i is at (i % COLUMNS) · 2. */
  total = 0;
  rmsDbfs = FLOOR_DBFS;
  peakDbfs = FLOOR_DBFS;
  clipped = false;
  /** Told of every report. */
  onPush: (() => void) | undefined;
  readonly #pairs = new Int8Array(COLUMNS * 2);

  push({ columns, rmsDbfs, peakDbfs, clipped }: ScopeReading): void {
    for (let i = 0; i + 1 < columns.length; i += COLUMN_FIELDS) {
      const at = (this.total % COLUMNS) * 2;
      this.#pairs[at] = (columns[i] ?? 0) >> 8;
      this.#pairs[at + 1] = (columns[i + 1] ?? 0) >> 8;
      this.total += 1;
    }
    this.rmsDbfs = rmsDbfs;
    this.peakDbfs = Math.max(peakDbfs, this.peakDbfs - PEAK_FALL_DB, FLOOR_DBFS);
    this.clipped = clipped > 0;
    this.onPush?.();
  }

  /** Lowest sample of a column, −128…0. */
  lowAt(column: number): number {
    return this.#pairs[(column % COLUMNS) * 2] ?? 0;
  }

  highAt(column: number): number {
    return this.#pairs[(column % COLUMNS) * 2 + 1] ?? 0;
  }
}
