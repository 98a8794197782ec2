/** The level of one voice with a peak that falls slowly, as meters do. Filled by reports. */
import type { ScopeReading } from '../media/report.ts';

const FLOOR_DBFS = -100;
/** How fast the shown peak falls, in dB per report. */
const PEAK_FALL_DB = 2.4;

export class VoiceLevel {
  rmsDbfs = FLOOR_DBFS;
  peakDbfs = FLOOR_DBFS;
  clipped = false;

  push({ rmsDbfs, peakDbfs, clipped }: ScopeReading): void {
    this.rmsDbfs = rmsDbfs;
    this.peakDbfs = Math.max(peakDbfs, this.peakDbfs - PEAK_FALL_DB, FLOOR_DBFS);
    this.clipped = clipped > 0;
  }
}
