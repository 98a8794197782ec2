/**
 * Where the phone really is. SDP is only a guess: a phone behind NAT, or one that signals over
 * loopback, writes an address its packets do not come from. So packets go to the address of the
 * SDP until some arrive, and from then on to where those came from, and only packets from there
 * count (symmetric RTP, RFC 4961, https://www.rfc-editor.org/rfc/rfc4961).
 *
 * Against packets of strangers (RFC 7362 section 5): the first source wins and stays, except that
 * a source which fits the SDP better replaces one that fits it worse. A stranger who is quicker
 * than the phone is thereby thrown out with the phone's first packet, and one who is later never
 * gets in.
 */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** How well a source fits the SDP. */
const STRANGER = 1;
const SAME_HOST = 2;
const EXACT = 3;

export class Latch {
  #announced: Endpoint | undefined;
  #learned: Endpoint | undefined;
  #fit = 0;

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

  /** Takes the address of an SDP. A new one starts the learning anew, the same one changes nothing. */
  announce(endpoint: Endpoint | undefined): void {
    if (same(endpoint, this.#announced)) return;
    this.#announced = endpoint;
    this.#learned = undefined;
    this.#fit = 0;
  }

  /** Whether a valid packet from this source is the phone's; learns the source if so. */
  accept(source: Endpoint): boolean {
    const learned = this.#learned;
    if (learned?.port === source.port && learned.address === source.address) {
      return true;
    }
    const fit = this.#fitOf(source);
    if (fit <= this.#fit) return false;
    this.#fit = fit;
    this.#learned = { address: source.address, port: source.port };
    return true;
  }

  #fitOf(source: Endpoint): number {
    if (source.address !== this.#announced?.address) return STRANGER;
    return source.port === this.#announced.port ? EXACT : SAME_HOST;
  }
}

function same(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  return a?.address === b?.address && a?.port === b?.port;
}
