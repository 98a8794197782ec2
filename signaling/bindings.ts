/**
 * The location service: which contacts an address of record (AOR) is bound to, and until when
 * (RFC 3261 §10, https://www.rfc-editor.org/rfc/rfc3261#section-10). Pure: the clock is a
 * parameter, nothing is sent from here.
 *
 * A contact is known by its URI, or by the instance of the user agent behind it where that says one
 * (RFC 5626 §6, https://www.rfc-editor.org/rfc/rfc5626#section-6): a page that was reloaded comes
 * with a new contact and takes the place of the old one. A page's contact is an `.invalid` name that
 * is reachable only over the WebSocket it registered on, so a binding remembers that flow
 * (address:port as the SIP server sees it) and goes with it.
 */
import { parseUri, uriKey } from './sip/uri.ts';

export interface Binding {
  /** user@domain, lower-cased domain. */
  readonly aor: string;
  /** The contact URI as registered. */
  readonly contact: string;
  readonly kind: 'phone' | 'page';
  readonly userAgent: string;
  /** address:port the REGISTER came from. */
  readonly source: string;
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws';
  readonly callId: string;
  readonly cseq: number;
  /** Preference among the contacts of one AOR, 0 to 1. */
  readonly q: number;
  /** Instance and reg-id of a user agent that registers by RFC 5626. */
  readonly instance?: string;
  /** Proxies between here and the contact, the next one first (RFC 3327). */
  readonly path: readonly string[];
  /** Milliseconds on the injected clock. */
  readonly expiresAt: number;
}

export class Bindings {
  readonly #byAor = new Map<string, Map<string, Binding>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds or refreshes; an instance's new contact replaces the one it had. */
  put(binding: Binding): void {
    const contacts = this.#byAor.get(binding.aor) ?? new Map<string, Binding>();
    const known = this.find(binding.aor, binding);
    // Re-inserted, so that iteration order is the order of the last registration.
    if (known) contacts.delete(keyOf(known));
    contacts.delete(keyOf(binding));
    contacts.set(keyOf(binding), binding);
    this.#byAor.set(binding.aor, contacts);
  }

  remove({ aor, contact }: Pick<Binding, 'aor' | 'contact'>): void {
    const contacts = this.#byAor.get(aor);
    if (contacts?.delete(keyOf({ contact })) && contacts.size === 0) this.#byAor.delete(aor);
  }

  /** Drops every binding made over a connection that has closed. Returns how many there were. */
  removeFlow(source: string): number {
    const gone = this.#all().filter((binding) => binding.source === source);
    for (const binding of gone) this.remove(binding);
    return gone.length;
  }

  /** The binding of one instance or contact, expired or not: its Call-ID and CSeq order later ones. */
  find(aor: string, wanted: Pick<Binding, 'contact' | 'instance'>): Binding | undefined {
    const contacts = this.#byAor.get(aor);
    const { instance } = wanted;
    const same =
      instance === undefined
        ? undefined
        : [...(contacts?.values() ?? [])].find((binding) => binding.instance === instance);
    return same ?? contacts?.get(keyOf(wanted));
  }

  /** Current bindings of one AOR, the latest registration last. */
  of(aor: string): Binding[] {
    const now = this.#now();
    return [...(this.#byAor.get(aor)?.values() ?? [])].filter(({ expiresAt }) => expiresAt > now);
  }

  /** Where a user's phones are, whichever domain they wrote; the one to try first comes first. */
  phonesOf(user: string): Binding[] {
    return this.current()
      .filter(({ kind, aor }) => kind === 'phone' && aor.slice(0, aor.lastIndexOf('@')) === user)
      .reverse()
      .sort((one, other) => other.q - one.q);
  }

  /** Current bindings of all pages, the latest registration last. */
  pages(): Binding[] {
    return this.current().filter(({ kind }) => kind === 'page');
  }

  current(): Binding[] {
    const now = this.#now();
    return this.#all().filter(({ expiresAt }) => expiresAt > now);
  }

  /** Forgets what has expired. Returns how many bindings went. */
  sweep(): number {
    const now = this.#now();
    const expired = this.#all().filter(({ expiresAt }) => expiresAt <= now);
    for (const binding of expired) this.remove(binding);
    return expired.length;
  }

  #all(): Binding[] {
    return [...this.#byAor.values()].flatMap((contacts) => [...contacts.values()]);
  }
}

/**
 * Where a request for a contact has to be sent when not to the contact itself: to the first proxy of
 * its path, or through the NAT that its REGISTER came out of.
 */
export function nextHopOf({ contact, source, transport, path }: Binding): string | undefined {
  const [proxy] = path;
  if (proxy !== undefined) return proxy;
  // Connections are found again by the SIP server itself.
  if (transport !== 'udp') return undefined;
  const uri = parseUri(contact);
  const place = uri && `${uri.host}:${uri.port ?? 5060}`;
  return place === source ? undefined : `sip:${source}`;
}

function keyOf({ contact }: Pick<Binding, 'contact'>): string {
  const uri = parseUri(contact);
  return uri ? uriKey(uri) : contact;
}
