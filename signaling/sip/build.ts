/**
 * Messages that follow from another one: a response to a request, the ACK to a failure, a CANCEL.
 * What they copy is fixed by RFC 3261 §8.2.6, §17.1.1.3 and §9.1:
 * https://www.rfc-editor.org/rfc/rfc3261#section-8.2.6
 */
import { Headers } from './headers.ts';
import { SipRequest, SipResponse } from './message.ts';
import { withTag } from './name-addr.ts';
import { reasonOf } from './reasons.ts';

/** A response with the headers every response copies; `toTag` is added when To has none. */
export function responseTo(
  request: SipRequest,
  status: number,
  options: { readonly reason?: string; readonly toTag?: string } = {},
): SipResponse {
  const headers = new Headers();
  for (const via of request.headers.all('via')) headers.add('Via', via);
  headers.add('From', request.headers.get('from') ?? '');
  const to = request.headers.get('to') ?? '';
  const tagged = options.toTag !== undefined && request.toTag === '' && status > 100;
  headers.add('To', tagged ? withTag(to, options.toTag) : to);
  headers.add('Call-ID', request.callId);
  headers.add('CSeq', request.headers.get('cseq') ?? '');
  return new SipResponse(status, options.reason ?? reasonOf(status), headers);
}

/**
 * The refusal of a request that is not well-formed: what it has of the headers a response copies.
 * Nothing is taken apart, since anything in it may be what is wrong.
 */
export function refusalOf(
  request: SipRequest,
  status: number,
  reason = reasonOf(status),
): SipResponse {
  const headers = new Headers();
  for (const via of request.headers.all('via')) headers.add('Via', via);
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.headers.get(name.toLowerCase());
    if (value !== undefined) headers.add(name, value);
  }
  return new SipResponse(status, reason, headers);
}

/** The ACK of a final response other than 2xx: part of the INVITE's own transaction. */
export function ackTo(invite: SipRequest, response: SipResponse): SipRequest {
  return sameTransaction('ACK', invite, response.headers.get('to') ?? '');
}

export function cancelOf(invite: SipRequest): SipRequest {
  return sameTransaction('CANCEL', invite, invite.headers.get('to') ?? '');
}

function sameTransaction(method: 'ACK' | 'CANCEL', invite: SipRequest, to: string): SipRequest {
  const headers = new Headers();
  headers.add('Via', invite.headers.get('via') ?? '');
  for (const route of invite.headers.all('route')) headers.add('Route', route);
  headers.add('Max-Forwards', '70');
  headers.add('From', invite.headers.get('from') ?? '');
  headers.add('To', to);
  headers.add('Call-ID', invite.callId);
  headers.add('CSeq', `${invite.cseq?.number ?? 0} ${method}`);
  return new SipRequest(method, invite.uri, headers);
}
