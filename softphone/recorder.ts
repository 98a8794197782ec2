/**
 * Puts received audio on the RTP time axis: each packet's samples lie at the place its timestamp
 * says, a gap stays silence, a late packet still finds its place. Sample 0 is `originMs`; the first
 * packet is anchored there by its arrival time, all others by their distance in timestamps, so that
 * network jitter never moves a sample. A stream whose timestamps part from the wall clock by more
 * than ten seconds, or with another SSRC, has started anew and is anchored by arrival again.
 */
const MAX_DISAGREEMENT_SECONDS = 10;

export class Recorder {
  readonly sampleRate: number;
  readonly #originMs: number;
  #samples: Int16Array;
  #end = 0;
  #ssrc: number | undefined;
  /** Position of the newest timestamp seen; others are placed by their distance to it. */
  #position = 0;
  #timestamp = 0;

  constructor(originMs: number, sampleRate = 8000) {
    this.#originMs = originMs;
    this.sampleRate = sampleRate;
    this.#samples = new Int16Array(sampleRate * 4);
  }

  /** Where a packet's first sample lies, counted from the origin. May be negative. */
  place(ssrc: number, timestamp: number, arrivalMs: number): number {
    const byArrival = this.at(arrivalMs);
    // Timestamps wrap: the distance is taken as a signed 32-bit number.
    const distance = (timestamp - this.#timestamp) | 0;
    let position = this.#position + distance;
    const fresh =
      ssrc !== this.#ssrc ||
      Math.abs(position - byArrival) > MAX_DISAGREEMENT_SECONDS * this.sampleRate;
    if (fresh) {
      this.#ssrc = ssrc;
      position = byArrival;
    }
    if (fresh || distance > 0) {
      this.#position = position;
      this.#timestamp = timestamp;
    }
    return position;
  }

  /** Room to decode `count` samples into; none before the origin, which is a packet to drop. */
  room(position: number, count: number): Int16Array | undefined {
    if (position < 0) return undefined;
    const end = position + count;
    if (end > this.#samples.length) {
      const larger = new Int16Array(Math.max(end, this.#samples.length * 2));
      larger.set(this.#samples.subarray(0, this.#end));
      this.#samples = larger;
    }
    this.#end = Math.max(this.#end, end);
    return this.#samples.subarray(position, end);
  }

  /** A copy from `fromMs` to `toMs`, longer when audio is already placed beyond that. */
  samples(fromMs: number, toMs: number): Int16Array {
    const from = this.at(fromMs);
    const to = Math.max(from, this.#end, this.at(toMs));
    const copy = new Int16Array(to - from);
    copy.set(this.#samples.subarray(Math.max(0, from), this.#end), Math.max(0, -from));
    return copy;
  }

  /** The sample that lies at a moment. */
  at(timeMs: number): number {
    return Math.round(((timeMs - this.#originMs) * this.sampleRate) / 1000);
  }
}
