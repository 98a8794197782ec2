/**
 * Minutes of something to say in which every second can be found again: bursts of noise that occur
 * only once, with pauses like those of speech. And where each of them was heard.
 */
import { compare } from '../../audio/compare.ts';

export const RATE = 8_000;
const BURST_SAMPLES = 0.6 * RATE;
/** How far a burst may have moved against the one before it and still be looked for. */
const REACH_SAMPLES = 0.12 * RATE;
const FOUND = 0.9;

export function longSpeech(seconds: number): Int16Array {
  let seed = 1;
  let [before, smooth] = [0, 0];
  return Int16Array.from({ length: seconds * RATE }, (_, i) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    // Two samples' mean, twice: most of it lies within the telephone's band.
    const white = seed / 2 ** 31;
    const once = (white + before) / 2;
    const twice = (once + smooth) / 2;
    [before, smooth] = [white, once];
    const at = i % RATE;
    const envelope = at < BURST_SAMPLES ? Math.sin((Math.PI * at) / BURST_SAMPLES) : 0;
    return Math.round(12_000 * envelope * twice);
  });
}

export interface Found {
  /** Bursts that were there, whole. */
  readonly found: number;
  readonly of: number;
  /** Of these, the ones heard no later than the burst before them. */
  readonly outOfOrder: number;
  /** Bursts into which a correction fell, so that their ends lie differently. */
  readonly touched: number;
}

/** @param heard at 16 kHz, beginning at most `maxLead` seconds before the speech. */
export function findBursts(spoken: Int16Array, heard: Int16Array, maxLead = 3): Found {
  const seconds = Math.floor(spoken.length / RATE);
  const ear = Int16Array.from({ length: heard.length >> 1 }, (_, i) => heard[2 * i] ?? 0);
  let [found, outOfOrder, touched, of] = [0, 0, 0, 0];
  let lag: number | undefined;
  let last = -Infinity;
  for (let second = 1; second < seconds; second++) {
    const start = second * RATE;
    const [from, reach]: [number, number] =
      lag === undefined
        ? [Math.max(0, start - RATE), (maxLead + 2) * RATE]
        : [start + lag - REACH_SAMPLES, 2 * REACH_SAMPLES];
    const window = ear.subarray(from, from + BURST_SAMPLES + reach);
    if (window.length < BURST_SAMPLES) break;
    of++;
    const whole = compare(spoken.subarray(start, start + BURST_SAMPLES), window);
    if (whole.correlation < FOUND) {
      touched++;
      continue;
    }
    found++;
    const position = from + Math.round(whole.offset);
    if (position <= last) outOfOrder++;
    last = position;
    lag = position - start;
  }
  return { found, of, outOfOrder, touched };
}
