/**
 * Two clocks never agree: a phone's sound card is off the computer's clock by up to a few hundred
 * ppm, which is a packet in a minute and a half. This says how far a stream has run away from the
 * wall clock since the call was answered, how fast it does so, and when a correction is due.
 *
 * Jitter only ever delays, so the quickest transit of each second is the measure (the lower
 * envelope, as in NTP's clock filter); the rate is the slope of a line through those minima.
 * Corrections are whole packets where the caller is quiet: between them every sample stays as it
 * was sent, and every packet still ends a frame of the agent, so that no frame waits for the next
 * packet. Somebody who never pauses is corrected in mid-word, rarely.
 */

/** All in ms. */
const WINDOW = 1_000;
const RECENT_WINDOWS = 3;
/** A first judgement needs so many packets; until the first window is full they are all it has. */
const FIRST_PACKETS = 10;
const MAX_WINDOWS = 120;
/** A slope needs so many minima. */
const MIN_WINDOWS = 8;
/** A correction is one packet, or this much of a longer one. */
const MAX_UNIT = 20;
/** In units: more than a half, so that a correction never calls for the opposite one. */
const DUE_QUIET = 0.6;
const DUE_LOUD = 1;
const LOUD_EVERY = 5_000;
/**
 * What came late to a call's start comes all at once, and is the first of a word. So much of it is
 * left as it is until the caller pauses: to take packets back at once would tear what is said for
 * the sake of a count.
 */
const START_LEEWAY = 200;
/** Quiet for so long is no longer within a sentence: a packet less of it is not heard. */
const PAUSE = 400;
/** Quiet is below −54 dBFS, or 20 dB below the caller's own voice. */
const QUIET_RMS = 65;
const QUIET_SHARE = 0.1;
/** The caller's loudness is forgotten by half in 2 s of 20 ms packets. */
const LOUDNESS_DECAY = 0.993;

interface Window {
  readonly at: number;
  transit: number;
  packets: number;
}

export class DriftControl {
  readonly #perMs: number;
  #startedAt: number | undefined;
  readonly #leeway: number;
  /** What the stream is late by from its start on and need not make up for in what is said, ms. */
  #reference: number | undefined;
  /** How long it has been quiet. */
  #quietMs = 0;
  /** The quickest transits, oldest first, as they would be without the corrections. */
  #windows: Window[] = [];
  #corrected = 0;
  #loudAt = 0;
  #loudness = 0;

  /**
   * @param leeway ms that a stream may be away from the call's time from its start on until the
   * first long pause; what is more is made up for. A stream that takes its time, a jitter buffer's,
   * has all the leeway there is, for good.
   */
  constructor(sampleRate: number, leeway = START_LEEWAY) {
    this.#perMs = sampleRate / 1_000;
    this.#leeway = leeway;
  }

  /** The call is answered: from here its time is counted. */
  start(now: number): void {
    if (this.#startedAt !== undefined) return;
    this.#startedAt = now;
    this.#loudAt = now;
  }

  /** A packet has come whose first sample is that of `position` in what goes out. */
  observe(now: number, position: number): void {
    if (this.#startedAt === undefined) return;
    const transit = now - this.#startedAt - position / this.#perMs + this.#corrected;
    const last = this.#windows.at(-1);
    if (last === undefined || now - last.at >= WINDOW) {
      this.#windows.push({ at: now, transit, packets: 1 });
      if (this.#windows.length > MAX_WINDOWS) this.#windows.shift();
      return;
    }
    last.packets += 1;
    last.transit = Math.min(last.transit, transit);
  }

  /** The stream begins anew: what was seen of the old one says nothing about this one. */
  restart(): void {
    this.#windows = [];
  }

  /** By how much the stream is behind the wall clock, ms; negative when it is ahead. */
  get driftMs(): number {
    let packets = 0;
    let quickest = Infinity;
    for (let back = 1; back <= RECENT_WINDOWS; back++) {
      const window = this.#windows.at(-back);
      if (window === undefined) break;
      packets += window.packets;
      quickest = Math.min(quickest, window.transit);
    }
    if (packets < FIRST_PACKETS) return 0;
    const transit = quickest - this.#corrected;
    this.#reference ??= Math.max(-this.#leeway, Math.min(this.#leeway, transit));
    return transit - this.#reference;
  }

  /** How much slower (+) or faster (−) the sender's clock is; undefined until it can be told. */
  get skewPpm(): number | undefined {
    const points = this.#windows.slice(0, -1);
    const n = points.length;
    if (n < MIN_WINDOWS) return undefined;
    const middle = points.reduce((sum, { at }) => sum + at, 0) / n;
    let [product, square] = [0, 0];
    for (const { at, transit } of points) {
      product += (at - middle) * transit;
      square += (at - middle) ** 2;
    }
    return square === 0 ? undefined : (product / square) * 1e6;
  }

  /**
   * Samples to add (+) before this packet, or to leave out (−) at its beginning; nearly always 0.
   * What it asks for is taken as done.
   */
  correction(samples: Int16Array, now: number): number {
    const quiet = this.#isQuiet(samples);
    const unit = Math.min(samples.length / this.#perMs, MAX_UNIT);
    this.#quietMs = quiet ? this.#quietMs + samples.length / this.#perMs : 0;
    if (this.#quietMs >= PAUSE) this.#callIn(unit);
    const drift = this.driftMs;
    const due = Math.abs(drift) >= unit * (quiet ? DUE_QUIET : DUE_LOUD);
    if (!due || (!quiet && now - this.#loudAt < LOUD_EVERY)) return 0;
    if (!quiet) this.#loudAt = now;
    // A pause may be made longer by any number of packets; of speech, only ever one is touched.
    const units = quiet && drift > 0 ? Math.round(drift / unit) : Math.sign(drift);
    this.#corrected += units * unit;
    return Math.round(units * unit * this.#perMs);
  }

  /** A packet of what the start was excused from is due after all. */
  #callIn(unit: number): void {
    if (this.#reference === undefined || this.#leeway === Infinity) return;
    this.#reference -= Math.sign(this.#reference) * Math.min(unit, Math.abs(this.#reference));
  }

  #isQuiet(samples: Int16Array): boolean {
    const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
    const rms = Math.sqrt(energy / samples.length);
    this.#loudness = Math.max(rms, this.#loudness * LOUDNESS_DECAY);
    return rms < Math.max(QUIET_RMS, QUIET_SHARE * this.#loudness);
  }
}
