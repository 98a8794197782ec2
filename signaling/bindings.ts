/**
 * The location service: which contacts an address of record (AOR) is bound to, and until when
 * (RFC 3261 §10, https://www.rfc-editor.org/rfc/rfc3261#section-10). Pure: the clock is a
 * parameter, nothing is sent from here.
 *
 * A page's contact is an `.invalid` name that is reachable only over the WebSocket it registered
 * on, so a binding remembers that flow (address:port as the SIP server sees it) and goes with it.
 */

export interface Binding {
  /** user@domain, lower-cased domain. */
  readonly aor: string;
  /** The contact URI as registered. */
  readonly contact: string;
  readonly kind: 'phone' | 'page';
  readonly userAgent: string;
  /** address:port the REGISTER came from. */
  readonly source: string;
  readonly callId: string;
  readonly cseq: number;
  /** Milliseconds on the injected clock. */
  readonly expiresAt: number;
}

export class Bindings {
  readonly #byAor = new Map<string, Map<string, Binding>>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds or refreshes; a page's new contact replaces the one it left on the same flow. */
  put(binding: Binding): void {
    const contacts = this.#byAor.get(binding.aor) ?? new Map<string, Binding>();
    // Re-inserted, so that iteration order is the order of the last registration.
    contacts.delete(binding.contact);
    contacts.set(binding.contact, binding);
    this.#byAor.set(binding.aor, contacts);
  }

  remove(aor: string, contact: string): void {
    const contacts = this.#byAor.get(aor);
    if (contacts?.delete(contact) && contacts.size === 0) this.#byAor.delete(aor);
  }

  removeAll(aor: string): void {
    this.#byAor.delete(aor);
  }

  /** Drops every binding made over a connection that has closed. Returns how many there were. */
  removeFlow(source: string): number {
    const gone = this.#all().filter((binding) => binding.source === source);
    for (const { aor, contact } of gone) this.remove(aor, contact);
    return gone.length;
  }

  /** The binding of one contact, expired or not: its Call-ID and CSeq order later REGISTERs. */
  find(aor: string, contact: string): Binding | undefined {
    return this.#byAor.get(aor)?.get(contact);
  }

  /** Current bindings of one AOR, the latest registration last. */
  of(aor: string): Binding[] {
    const now = this.#now();
    return [...(this.#byAor.get(aor)?.values() ?? [])].filter(({ expiresAt }) => expiresAt > now);
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
    for (const { aor, contact } of expired) this.remove(aor, contact);
    return expired.length;
  }

  #all(): Binding[] {
    return [...this.#byAor.values()].flatMap((contacts) => [...contacts.values()]);
  }
}
