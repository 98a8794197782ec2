/**
 * How true a signal came through, window by window: a jitter buffer that mends its delay moves what
 * comes after it by some milliseconds, which is its job and no noise, but ruins a comparison of the
 * whole. Each window is looked for by itself; where it was found shows what was lost or doubled.
 */
import { compare } from '../../audio/compare.ts';

export interface Fidelity {
  /** Of all windows, in dB. */
  readonly snrMedian: number;
  readonly snrWorst: number;
  /** Of the window furthest from 0 dB among those that came through whole. */
  readonly gainDb: number;
  /** Share of windows with an SNR of at least 35 dB. */
  readonly whole: number;
  /** Times the delay was another one than in the window before, and what that came to, in ms. */
  readonly moves: number;
  readonly movedMs: number;
}

const WINDOW_MS = 500;
const REACH_MS = 60;
const GOOD_DB = 35;
const QUIET_RMS = 100;

export function fidelity(reference: Int16Array, heard: Int16Array, sampleRate: number): Fidelity {
  const size = (WINDOW_MS * sampleRate) / 1000;
  const reach = (REACH_MS * sampleRate) / 1000;
  const results: { snrDb: number; gainDb: number; lag: number }[] = [];
  for (let at = 0; at + size <= reference.length; at += size) {
    const said = reference.slice(at, at + size);
    if (isPause(said)) continue;
    // Where the window before was heard, first: a quiet one is like many places of a loud signal.
    const near = Math.max(0, Math.round(at + (results.at(-1)?.lag ?? 0) - reach));
    const close = compare(said, heard.slice(near, near + size + 2 * reach));
    const far = close.snrDb >= GOOD_DB ? undefined : compare(said, heard);
    const isFar = far !== undefined && far.snrDb > close.snrDb;
    const { snrDb, gainDb } = isFar ? far : close;
    const lag = isFar ? far.offset - at : close.offset + near - at;
    results.push({ snrDb: Math.min(snrDb, 120), gainDb, lag });
  }
  const good = results.filter(({ snrDb }) => snrDb >= GOOD_DB);
  const lags = good.map(({ lag }) => lag);
  const steps = lags.slice(1).map((lag, i) => lag - (lags[i] ?? lag));
  const sorted = results.map(({ snrDb }) => snrDb).sort((a, b) => a - b);
  return {
    snrMedian: sorted[sorted.length >> 1] ?? NaN,
    snrWorst: sorted[0] ?? NaN,
    gainDb: good.reduce((far, { gainDb }) => (Math.abs(gainDb) > Math.abs(far) ? gainDb : far), 0),
    whole: good.length / results.length,
    moves: steps.filter((step) => Math.abs(step) > 0.5).length,
    movedMs: ((lags.at(-1) ?? 0) - (lags[0] ?? 0)) / (sampleRate / 1000),
  };
}

/** In which there is nothing to be true to. */
function isPause(samples: Int16Array): boolean {
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return energy < samples.length * QUIET_RMS ** 2;
}

/** The largest step from one sample to the next: a click is one that the signal cannot have. */
export function steepest(samples: Int16Array): number {
  let step = 0;
  for (let i = 1; i < samples.length; i++) {
    step = Math.max(step, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
  }
  return step;
}
