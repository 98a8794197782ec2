/** The phone's ear: when did packets arrive in which something can be heard, and in which the answer? */
import { decodeG711 } from '../../audio/g711.ts';
import { toneLevel } from '../support/signals.ts';
import { TONE_AMPLITUDE, TONE_HZ } from './answers.ts';

const RATE = 8_000;
const PACKET = 160;
/** Of 32,768; an encoder's silence lies far below, a test tone far above. */
const AUDIBLE = 500;
/** A millisecond of the tone in a packet. What leads a cut tone to silence has less of it. */
const TONE_LEVEL = TONE_AMPLITUDE / 20;

export class Listener {
  /** performance.now() of every audible packet. */
  readonly times: number[] = [];
  /** Of those in which the tone can be made out. */
  readonly toneTimes: number[] = [];
  readonly #samples = new Int16Array(PACKET);

  readonly received = (
    _sequence: number,
    _timestamp: number,
    timeMs: number,
    payload: Uint8Array,
  ): void => {
    if (payload.length !== this.#samples.length) return;
    decodeG711('pcmu', payload, this.#samples);
    if (!this.#samples.some((sample) => Math.abs(sample) > AUDIBLE)) return;
    this.times.push(timeMs);
    if (toneLevel(this.#samples, RATE, TONE_HZ) > TONE_LEVEL) this.toneTimes.push(timeMs);
  };

  /** Those later than a moment. */
  since(moment: number): readonly number[] {
    return after(this.times, moment);
  }

  toneSince(moment: number): readonly number[] {
    return after(this.toneTimes, moment);
  }
}

function after(times: readonly number[], moment: number): readonly number[] {
  const first = times.findIndex((time) => time > moment);
  return first < 0 ? [] : times.slice(first);
}
