/**
 * By which addresses phones and browsers find the bridge. A socket for all addresses has none of its
 * own, and an external SIP server is where it says, not where our flags do.
 */
import { networkInterfaces } from 'node:os';
import { addressTowards, ownAddresses, type OwnAddress } from '../rtpengine/network.ts';
import { isWildcard } from '../signaling/sip/local-address.ts';
import { hostOf, hostPort, hostUnlessUsual } from '../signaling/sip/uri.ts';
import type { SipTransport } from '../signaling/srf.ts';
import type { Lan } from './lan/lan.ts';
import type { Address, BridgeOptions } from './options.ts';

export class Whereabouts {
  readonly #options: Pick<BridgeOptions, 'drachtio' | 'sip' | 'http'>;
  readonly #lan: Lan | undefined;
  readonly #transports: () => readonly SipTransport[];

  /** `transports`: of the SIP server, as it says itself. */
  constructor(
    options: Pick<BridgeOptions, 'drachtio' | 'sip' | 'http'>,
    lan: Lan | undefined,
    transports: () => readonly SipTransport[],
  ) {
    this.#options = options;
    this.#lan = lan;
    this.#transports = transports;
  }

  get sip(): Address {
    return this.#transport('udp') ?? this.#transport('tcp') ?? this.#options.sip;
  }

  /** What a person writes into a phone as its server, the usual port left out. */
  get phoneServer(): string {
    const { host, port } = this.#sipForPhones;
    return hostUnlessUsual(host, port, 5060);
  }

  /** The same for SIP over TLS; undefined where there is none. */
  get tlsServer(): string | undefined {
    const tls = this.#transport('tls');
    return tls && hostPort(this.#sipForPhones.host, tls.port);
  }

  /** The page's address. */
  pageUrl(port: number): string {
    const lan = this.#lan;
    const scheme = lan ? 'https' : 'http';
    const host = lan
      ? (lan.addresses()[0]?.address ?? 'localhost')
      : pageHost(this.#options.http.host);
    return `${scheme}://${hostUnlessUsual(host, port, lan ? 443 : 80)}`;
  }

  /** Whether the SIP server serves all addresses of this machine. */
  get isEverywhere(): boolean {
    return !this.#options.drachtio && isWildcard(this.#options.sip.host);
  }

  /** Whether a host, as in a URI, is an address of this machine. */
  isOwnHost(host: string): boolean {
    return this.#own.some(({ address }) => hostOf(address) === host);
  }

  get #sipForPhones(): Address {
    const all = this.isEverywhere ? this.#own : [];
    // Phones are set up with IPv4 addresses, and 0.0.0.0 takes no others.
    const own = addressTowards(all, 4) ?? all[0];
    return own ? { host: own.address, port: this.sip.port } : this.sip;
  }

  get #own(): readonly OwnAddress[] {
    return this.#lan?.addresses() ?? ownAddresses(networkInterfaces());
  }

  #transport(wanted: string): SipTransport | undefined {
    return this.#transports().find(({ protocol }) => protocol === wanted);
  }
}

/** Browsers treat localhost as a secure context, whatever address stands behind it. */
function pageHost(host: string): string {
  return host === '127.0.0.1' || host === '0.0.0.0' ? 'localhost' : host;
}
