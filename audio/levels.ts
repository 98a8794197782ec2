/**
 * Peak and RMS of a stream, for meters and logs. 0 dBFS is the full scale of a 16-bit sample, for
 * both figures: a full-scale sine has an RMS of −3.01 dBFS.
 */
export interface Level {
  readonly peakDbfs: number;
  readonly rmsDbfs: number;
  /** Samples at either end of the scale. */
  readonly clipped: number;
}

/** What silence reads: below the quietest 16-bit sample, and a number JSON can carry. */
export const SILENCE_DBFS = -100;

const FULL_SCALE = 32_768;

export class LevelMeter {
  #peak = 0;
  #squares = 0;
  #count = 0;
  #clipped = 0;

  push(samples: Int16Array): void {
    for (const sample of samples) {
      const magnitude = Math.abs(sample);
      if (magnitude > this.#peak) this.#peak = magnitude;
      if (magnitude >= FULL_SCALE - 1) this.#clipped++;
      this.#squares += sample * sample;
    }
    this.#count += samples.length;
  }

  /** The level since the last read. */
  read(): Level {
    const rms = this.#count === 0 ? 0 : Math.sqrt(this.#squares / this.#count);
    const level = {
      peakDbfs: toDbfs(this.#peak),
      rmsDbfs: toDbfs(rms),
      clipped: this.#clipped,
    };
    this.#peak = 0;
    this.#squares = 0;
    this.#count = 0;
    this.#clipped = 0;
    return level;
  }
}

function toDbfs(magnitude: number): number {
  return magnitude === 0
    ? SILENCE_DBFS
    : Math.max(SILENCE_DBFS, 20 * Math.log10(magnitude / FULL_SCALE));
}
