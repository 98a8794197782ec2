/**
 * The connection to a drachtio server: whether it stands, where that server listens as it says itself,
 * and with that by which names phones know it.
 */
import type { TracedMessage } from './sip/trace.ts';
import { hostOf, hostUnlessUsual, type SipUri } from './sip/uri.ts';
import type { SipTransport, SrfPort } from './srf.ts';

export interface DrachtioState {
  readonly state: 'connecting' | 'connected' | 'refused';
  readonly version?: string;
  readonly why?: string;
}

export interface DrachtioLinkOptions {
  readonly srf: SrfPort;
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  /** Every SIP message, as far as the server tells of it. */
  readonly onMessage?: ((message: TracedMessage) => void) | undefined;
  /** Further names of this machine in URIs. */
  readonly isOwnHost?: ((host: string) => boolean) | undefined;
  /** It is there, or there again. */
  readonly connected: () => void;
  /** The server has forgotten what it told us, or we can no longer tell it anything. */
  readonly lost: () => void;
  readonly changed: () => void;
}

export class DrachtioLink {
  readonly #options: DrachtioLinkOptions;
  #transports: readonly SipTransport[] = [];
  #state: DrachtioState = { state: 'connecting' };

  constructor(options: DrachtioLinkOptions) {
    this.#options = options;
  }

  /** Resolves once the server has said yes or no; goes on trying for as long as it does neither. */
  connect(): Promise<void> {
    const { srf, drachtio, onMessage, connected, lost } = this.#options;
    return new Promise((resolve) => {
      srf.connect(drachtio, {
        ...(onMessage && { onMessage }),
        connected: (transports, version) => {
          this.#transports = transports;
          this.#set({ state: 'connected', version });
          connected();
          resolve();
        },
        disconnected: (why) => {
          lost();
          this.#set({ state: 'connecting', why });
        },
        refused: () => {
          this.#set({ state: 'refused' });
          resolve();
        },
      });
    });
  }

  get state(): DrachtioState {
    return this.#state;
  }

  get transports(): readonly SipTransport[] {
    return this.#transports;
  }

  /** Where phones know us, for addresses that name a person. */
  get domain(): string {
    const of = (wanted: string) => this.#transports.find(({ protocol }) => protocol === wanted);
    const known = of('udp') ?? of('tcp');
    return known ? hostUnlessUsual(known.host, known.port, 5060) : 'localhost';
  }

  isOwn({ host, port }: SipUri): boolean {
    if (host === 'localhost' || this.#options.isOwnHost?.(host) === true) return true;
    return this.#transports.some(
      (transport) =>
        hostOf(transport.host) === host && (port === undefined || port === transport.port),
    );
  }

  #set(state: DrachtioState): void {
    this.#state = state;
    this.#options.changed();
  }
}
