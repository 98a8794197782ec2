/**
 * What a receiver knows about one RTP stream: highest sequence number with its wraps, loss and
 * interarrival jitter, by the algorithms of RFC 3550 appendix A.1, A.3 and A.8
 * (https://www.rfc-editor.org/rfc/rfc3550#appendix-A.1). Two deliberate differences: there is no
 * probation, because SDP already said which stream comes here and a person wants the first packet
 * counted; and duplicates are counted apart, so that `lost` is what never arrived.
 */
const SEQUENCES = 1 << 16;
/** A jump further ahead than this is a restarted sender, not loss (A.1 MAX_DROPOUT). */
const MAX_DROPOUT = 3000;
/** A step back of at most this many is reordering (A.1 MAX_MISORDER). */
const MAX_MISORDER = 100;
const SEEN = 256;

export type Arrival = 'first' | 'in-order' | 'out-of-order' | 'duplicate' | 'restart' | 'invalid';

/** The report block of an RTCP receiver report (RFC 3550 section 6.4.1). */
export interface LossReport {
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly extendedHighestSequence: number;
  readonly jitter: number;
}

export class ReceiverStatistics {
  received = 0;
  duplicates = 0;
  outOfOrder = 0;
  /** Interarrival jitter in RTP timestamp units. */
  jitter = 0;

  readonly #clockRate: number;
  readonly #seen = new Int32Array(SEEN).fill(-1);
  #started = false;
  #base = 0;
  #cycles = 0;
  #highest = 0;
  #bad = -1;
  #lostBefore = 0;
  #receivedInSequence = 0;
  #transit: number | undefined;
  #expectedPrior = 0;
  #receivedPrior = 0;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /**
   * Counts one packet that arrived at `arrivalMs` on a monotonic clock. Without a timestamp it says
   * nothing about jitter: the packets of one telephone-event all carry the same.
   */
  update(sequence: number, timestamp: number | undefined, arrivalMs: number): Arrival {
    const arrival = this.#updateSequence(sequence);
    if (arrival === 'invalid') return arrival;
    if (arrival === 'duplicate') {
      this.duplicates += 1;
      return arrival;
    }
    this.received += 1;
    if (arrival === 'out-of-order') this.outOfOrder += 1;
    if (arrival === 'restart') this.#transit = undefined;
    if (timestamp !== undefined) this.#updateJitter(timestamp, arrivalMs);
    return arrival;
  }

  /** The next packet begins another stream (a new SSRC); totals go on. */
  newSource(): void {
    this.#lostBefore = this.lost;
    this.#started = false;
    this.#transit = undefined;
    this.#receivedInSequence = 0;
    this.#highest = 0;
    this.#cycles = 0;
  }

  get extendedHighestSequence(): number {
    return this.#cycles + this.#highest;
  }

  get expected(): number {
    return this.#started ? this.extendedHighestSequence - this.#base + 1 : 0;
  }

  /** Packets that should have come and never did, over every sequence this stream has started. */
  get lost(): number {
    return Math.max(0, this.#lostBefore + this.expected - this.#receivedInSequence);
  }

  get jitterMs(): number {
    return (this.jitter * 1000) / this.#clockRate;
  }

  /** The numbers of the next RTCP report; the interval of `fractionLost` begins anew. */
  report(): LossReport {
    const expectedInterval = this.expected - this.#expectedPrior;
    const receivedInterval = this.#receivedInSequence - this.#receivedPrior;
    this.#expectedPrior = this.expected;
    this.#receivedPrior = this.#receivedInSequence;
    const lostInterval = expectedInterval - receivedInterval;
    return {
      fractionLost:
        expectedInterval <= 0 || lostInterval <= 0
          ? 0
          : Math.floor((lostInterval * 256) / expectedInterval),
      cumulativeLost: Math.min(this.lost, 0x7fffff),
      extendedHighestSequence: this.extendedHighestSequence,
      jitter: Math.floor(this.jitter),
    };
  }

  #updateSequence(sequence: number): Arrival {
    if (!this.#started) {
      this.#started = true;
      this.#begin(sequence);
      return this.#accept(sequence, 'first');
    }
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead !== 0 && ahead < MAX_DROPOUT) {
      if (sequence < this.#highest) this.#cycles += SEQUENCES;
      this.#highest = sequence;
      return this.#accept(this.#cycles + sequence, 'in-order');
    }
    if (ahead === 0 || ahead > SEQUENCES - MAX_MISORDER) {
      const cycles = sequence > this.#highest ? this.#cycles - SEQUENCES : this.#cycles;
      const extended = cycles + sequence;
      if (this.#seen[extended & (SEEN - 1)] === extended) return 'duplicate';
      // A packet older than the first one was never expected: it widens the stream.
      if (extended < this.#base) this.#base = extended;
      return this.#accept(extended, 'out-of-order');
    }
    // A large jump counts only when a second packet confirms it: the other side has restarted.
    if (sequence === this.#bad) {
      this.#lostBefore = this.lost;
      this.#begin(sequence);
      return this.#accept(sequence, 'restart');
    }
    this.#bad = (sequence + 1) & 0xffff;
    return 'invalid';
  }

  #begin(sequence: number): void {
    this.#base = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#bad = -1;
    this.#seen.fill(-1);
    this.#receivedInSequence = 0;
    this.#receivedPrior = 0;
    this.#expectedPrior = 0;
  }

  #accept(extended: number, arrival: Arrival): Arrival {
    this.#seen[extended & (SEEN - 1)] = extended;
    this.#receivedInSequence += 1;
    return arrival;
  }

  /** A.8: the transit time's difference from packet to packet, smoothed by 1/16. */
  #updateJitter(timestamp: number, arrivalMs: number): void {
    const transit = (arrivalMs * this.#clockRate) / 1000 - timestamp;
    if (this.#transit !== undefined) {
      let difference = transit - this.#transit;
      // Timestamps wrap at 2^32; a real difference is never near that.
      difference -= Math.round(difference / 2 ** 32) * 2 ** 32;
      this.jitter += (Math.abs(difference) - this.jitter) / 16;
    }
    this.#transit = transit;
  }
}
