/** The phone's ear: when did packets arrive in which something can be heard? */
import { decodeG711 } from '../../audio/g711.ts';

/** Of 32,768; an encoder's silence lies far below, a test tone far above. */
const AUDIBLE = 500;

export class Listener {
  /** performance.now() of every audible packet. */
  readonly times: number[] = [];
  readonly #samples = new Int16Array(160);

  readonly received = (
    _sequence: number,
    _timestamp: number,
    timeMs: number,
    payload: Uint8Array,
  ): void => {
    if (payload.length !== this.#samples.length) return;
    decodeG711('pcmu', payload, this.#samples);
    if (this.#samples.some((sample) => Math.abs(sample) > AUDIBLE)) this.times.push(timeMs);
  };

  /** Those later than a moment. */
  since(moment: number): readonly number[] {
    const first = this.times.findIndex((time) => time > moment);
    return first < 0 ? [] : this.times.slice(first);
  }
}
