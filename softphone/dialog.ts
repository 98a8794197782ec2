/**
 * A dialog as its endpoint keeps it: tags, remote target, route set and both CSeq numbers, and the
 * requests that can be sent within it (RFC 3261 section 12,
 * https://www.rfc-editor.org/rfc/rfc3261#section-12). Header order is PJSIP's.
 */
import { newCSeq } from '../signaling/sip/ids.ts';
import { Headers } from '../signaling/sip/headers.ts';
import { SipRequest, type SipMessage, type SipResponse } from '../signaling/sip/message.ts';
import { parseNameAddr, withTag } from '../signaling/sip/name-addr.ts';

export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly #local: string;
  readonly #remote: string;
  readonly #contact: string;
  #target: string;
  #routes: readonly string[];
  #cseq: number;
  #remoteCSeq: number | undefined;

  private constructor(fields: {
    callId: string;
    local: string;
    remote: string;
    localTag: string;
    remoteTag: string;
    contact: string;
    target: string;
    routes: readonly string[];
    cseq: number;
    remoteCSeq: number | undefined;
  }) {
    this.callId = fields.callId;
    this.localTag = fields.localTag;
    this.remoteTag = fields.remoteTag;
    this.#local = fields.local;
    this.#remote = fields.remote;
    this.#contact = fields.contact;
    this.#target = fields.target;
    this.#routes = fields.routes;
    this.#cseq = fields.cseq;
    this.#remoteCSeq = fields.remoteCSeq;
  }

  /** Begun by our INVITE and a response to it with a To tag. */
  static ofCaller(invite: SipRequest, response: SipResponse): Dialog {
    return new Dialog({
      callId: invite.callId,
      local: invite.headers.get('from') ?? '',
      remote: response.headers.get('to') ?? '',
      localTag: invite.fromTag,
      remoteTag: response.toTag,
      contact: invite.headers.get('contact') ?? '',
      target: contactOf(response) ?? invite.uri,
      routes: response.headers.list('record-route').reverse(),
      cseq: invite.cseq?.number ?? 0,
      remoteCSeq: undefined,
    });
  }

  /** Begun by an INVITE of the other side, answered with `localTag` and `contact`. */
  static ofCallee(invite: SipRequest, localTag: string, contact: string): Dialog {
    return new Dialog({
      callId: invite.callId,
      local: withTag(invite.headers.get('to') ?? '', localTag),
      remote: invite.headers.get('from') ?? '',
      localTag,
      remoteTag: invite.fromTag,
      contact,
      target: contactOf(invite) ?? invite.from?.uri ?? '',
      routes: invite.headers.list('record-route'),
      cseq: newCSeq(),
      remoteCSeq: invite.cseq?.number,
    });
  }

  /** The 2xx has the last word on route set and target (RFC 3261 section 13.2.2.4). */
  confirm(response: SipResponse): void {
    this.#routes = response.headers.list('record-route').reverse();
    this.refreshTarget(response);
  }

  /** A re-INVITE or UPDATE, from either side, may move the other end. */
  refreshTarget(message: SipMessage): void {
    this.#target = contactOf(message) ?? this.#target;
  }

  get contact(): string {
    return this.#contact;
  }

  /** Where the next request goes: the first route, else the remote target. */
  get nextHop(): string {
    const route = this.#routes[0];
    return (route === undefined ? undefined : parseNameAddr(route)?.uri) ?? this.#target;
  }

  nextCSeq(): number {
    this.#cseq += 1;
    return this.#cseq;
  }

  /** A request without its Via. Target refreshes carry a Contact. */
  request(
    method: string,
    { cseq = this.nextCSeq(), withContact = false }: { cseq?: number; withContact?: boolean } = {},
  ): SipRequest {
    const headers = new Headers()
      .add('Max-Forwards', '70')
      .add('From', this.#local)
      .add('To', this.#remote);
    if (withContact) headers.add('Contact', this.#contact);
    headers.add('Call-ID', this.callId).add('CSeq', `${cseq} ${method}`);
    for (const route of this.#routes) headers.add('Route', route);
    return new SipRequest(method, this.#target, headers);
  }

  /** False for a request that is older than one already seen (RFC 3261 section 12.2.2). */
  accept(request: SipRequest): boolean {
    const number = request.cseq?.number ?? 0;
    if (this.#remoteCSeq !== undefined && number <= this.#remoteCSeq) return false;
    this.#remoteCSeq = number;
    return true;
  }
}

function contactOf(message: SipMessage): string | undefined {
  const [contact] = message.headers.list('contact');
  return contact === undefined ? undefined : parseNameAddr(contact)?.uri;
}
