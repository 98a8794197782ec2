/**
 * The spectrograms of a recording: a file keeps the voices themselves, so they are computed when it is
 * opened, in the storage worker. As many minutes as a live call has, the last ones.
 */
import { Resampler } from '../../audio/resampler.ts';
import { SPECTRUM_BANDS, SpectrumMeter } from '../../audio/spectrum.ts';
import type { Wav } from '../../audio/wav.ts';
import { COLUMN_MS } from '../timeline/envelope.ts';
import { MAX_SPECTRA } from '../timeline/spectra.ts';

const RATE = 8_000;
const MAX_RATE = 48_000;
const COLUMN_SAMPLES = (RATE * COLUMN_MS) / 1_000;
/** Columns at a time. */
const CHUNK = 50;

export interface RecordedSpectra {
  /** Columns of the file that come before, of which nothing is kept. */
  readonly skipped: number;
  /** Caller and agent, as SpectrumMeter gives them. */
  readonly voices: readonly Uint8Array<ArrayBuffer>[];
}

export function recordedSpectra({ channels, sampleRate }: Wav): RecordedSpectra {
  // A file may claim anything.
  if (sampleRate < RATE || sampleRate > MAX_RATE) return { skipped: 0, voices: [] };
  const perColumn = (sampleRate * COLUMN_MS) / 1_000;
  const columns = Math.floor((channels[0]?.length ?? 0) / perColumn);
  const skipped = Math.max(0, columns - MAX_SPECTRA);
  const voices = channels.map((samples) =>
    spectraOf(samples.subarray(skipped * perColumn), sampleRate, columns - skipped),
  );
  return { skipped, voices };
}

function spectraOf(
  samples: Int16Array,
  sampleRate: number,
  columns: number,
): Uint8Array<ArrayBuffer> {
  const toRate = new Resampler({ from: sampleRate, to: RATE });
  // One more, for what the resampler holds back and gives later.
  const meter = new SpectrumMeter(CHUNK + 1);
  const found = new Uint8Array(columns * SPECTRUM_BANDS);
  const step = (CHUNK * COLUMN_SAMPLES * sampleRate) / RATE;
  let filled = 0;
  for (let at = 0; at < samples.length; at += step) {
    meter.push(toRate.process(samples.subarray(at, at + step)));
    const read = meter.read();
    found.set(read.subarray(0, found.length - filled), filled);
    filled = Math.min(found.length, filled + read.length);
  }
  return found;
}
