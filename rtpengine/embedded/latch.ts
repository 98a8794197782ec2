/**
 * Where the phone really is. SDP is only a guess: a phone behind NAT, or one that signals over
 * loopback, writes an address its packets do not come from. So packets go to the address of the
 * SDP until some arrive, and from then on to where those came from, and only packets from there
 * count (symmetric RTP, RFC 4961, https://www.rfc-editor.org/rfc/rfc4961).
 *
 * Against packets of strangers (RFC 7362 section 5, https://www.rfc-editor.org/rfc/rfc7362#section-5):
 * the first source wins and stays, except that one which fits better what signalling has said
 * replaces one that fits it worse. A stranger who is quicker than the phone is thereby thrown out
 * with the phone's first packet, and one who is later never gets in.
 *
 * An SDP with another address says that the phone has moved, or that another phone is in its place (a
 * transfer). Whoever was there may go on sending for a while, so the place that was left fits worst of
 * all: it is taken until anybody else comes.
 *
 * A phone may move with a re-offer (another network, a restarted NAT): then the next source counts
 * that comes while the old one is silent. With `media handover` it may move at any time, and so may
 * a stranger, which is why nobody gets that without asking.
 */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** How well a source fits what signalling said. */
const FORMER = 1;
const STRANGER = 2;
const SIGNALLED_FROM = 3;
const SAME_HOST = 4;
const EXACT = 5;

/** After a re-offer the old source must be silent for this long: five packets. */
const SILENCE_MS = 100;
/** Who still sends from the old place so long after a re-offer has not moved. */
const STAYED_MS = 1000;

export class Latch {
  /** Whether any new source is followed at once (the flag `media handover`). */
  handover = false;
  #announced: Endpoint | undefined;
  /** The address the SIP message came from. */
  #signalledFrom: string | undefined;
  #learned: Endpoint | undefined;
  /** Where the phone was before it said that it is elsewhere. */
  #former: Endpoint | undefined;
  #fit = 0;
  #lastAt = 0;
  #reofferedAt: number | undefined;

  /** Where to send; undefined while no address is known. */
  get target(): Endpoint | undefined {
    return this.#learned ?? this.#announced;
  }

  get learned(): Endpoint | undefined {
    return this.#learned;
  }

  get announced(): Endpoint | undefined {
    return this.#announced;
  }

  /**
   * Takes the address of an SDP. A new one starts the learning anew; the same one again leaves
   * what was learned, and lets the phone have moved.
   */
  announce(endpoint: Endpoint | undefined, now: number, signalledFrom?: string): void {
    this.#signalledFrom = signalledFrom ?? this.#signalledFrom;
    if (same(endpoint, this.#announced)) {
      if (this.#learned !== undefined) this.#reofferedAt = now;
      return;
    }
    this.#announced = endpoint;
    this.#former = this.#learned ?? this.#former;
    this.#learned = undefined;
    this.#fit = 0;
    this.#reofferedAt = undefined;
  }

  /** Whether a valid packet from this source is the phone's; learns the source if so. */
  accept(source: Endpoint, now: number): boolean {
    const learned = this.#learned;
    if (learned?.port === source.port && learned.address === source.address) {
      if (this.#reofferedAt !== undefined && now - this.#reofferedAt > STAYED_MS) {
        this.#reofferedAt = undefined;
      }
      this.#lastAt = now;
      return true;
    }
    const fit = this.#fitOf(source);
    if (fit <= this.#fit && !this.#mayMove(now)) return false;
    this.#fit = fit;
    this.#learned = { address: source.address, port: source.port };
    this.#lastAt = now;
    this.#reofferedAt = undefined;
    return true;
  }

  #mayMove(now: number): boolean {
    if (this.handover) return true;
    return this.#reofferedAt !== undefined && now - this.#lastAt > SILENCE_MS;
  }

  #fitOf(source: Endpoint): number {
    if (same(source, this.#announced)) return EXACT;
    if (same(source, this.#former)) return FORMER;
    if (source.address === this.#announced?.address) return SAME_HOST;
    return source.address === this.#signalledFrom ? SIGNALLED_FROM : STRANGER;
  }
}

function same(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  return a?.address === b?.address && a?.port === b?.port;
}
