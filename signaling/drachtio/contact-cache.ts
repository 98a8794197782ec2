/**
 * Which connection leads to a registered contact. A browser's contact (`xyz.invalid`) and a phone
 * behind TCP can only be reached over the connection they registered on; it is remembered for as
 * long as the application's 200 says.
 * RFC 5626 §5.3, RFC 7118 §5: https://www.rfc-editor.org/rfc/rfc7118#section-5
 */
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';
import { parseDecimal } from '../sip/tokens.ts';
import type { Flow } from '../sip/transport.ts';
import { parseUri, type SipUri } from '../sip/uri.ts';

interface Entry {
  readonly flow: Flow;
  readonly expires: number;
}

export class ContactCache {
  private readonly entries = new Map<string, Entry>();
  private readonly now: () => number;
  private swept = 0;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The connection to that contact; it may be closed already. */
  find(uri: SipUri): Flow | undefined {
    const key = keyOf(uri);
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expires > this.now()) return entry.flow;
    this.entries.delete(key);
    return undefined;
  }

  /** Learns from a REGISTER or SUBSCRIBE that was answered 2xx on a connection. */
  learn(request: SipRequest, response: SipResponse, flow: Flow): void {
    if (flow.protocol === 'udp') return;
    this.sweep();
    if (request.headers.get('contact') === '*') {
      for (const [key, entry] of this.entries) if (entry.flow === flow) this.entries.delete(key);
      return;
    }
    for (const contact of request.headers.list('contact')) {
      const uri = parseUri(parseNameAddr(contact)?.uri ?? '');
      if (uri === undefined) continue;
      const key = keyOf(uri);
      const seconds = grantedFor(key, response);
      if (seconds > 0) this.entries.set(key, { flow, expires: this.now() + seconds * 1000 });
      else this.entries.delete(key);
    }
  }

  private sweep(): void {
    const now = this.now();
    if (now - this.swept < 30_000) return;
    this.swept = now;
    for (const [key, { expires }] of this.entries) if (expires <= now) this.entries.delete(key);
  }
}

function keyOf(uri: SipUri): string {
  return `${uri.user ?? ''}@${uri.host}`;
}

/** Seconds granted to a contact: its own `expires`, else that of any contact, else Expires. */
function grantedFor(key: string, response: SipResponse): number {
  let other: string | undefined;
  for (const contact of response.headers.list('contact')) {
    const address = parseNameAddr(contact);
    const uri = parseUri(address?.uri ?? '');
    if (uri === undefined) continue;
    const expires = address?.params.get('expires');
    if (keyOf(uri) === key && expires !== undefined) return seconds(expires);
    other ??= expires;
  }
  return seconds(other ?? response.headers.get('expires') ?? '');
}

function seconds(text: string): number {
  return parseDecimal(text, 0xffff_ffff) ?? 0;
}
