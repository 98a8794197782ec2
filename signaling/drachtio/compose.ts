/**
 * Messages on behalf of an application: what it gave, completed with what RFC 3261 demands and the
 * application leaves to the server (tags, Call-ID, CSeq, Contact, Content-Type).
 * RFC 3261 §8.1.1 and §8.2.6: https://www.rfc-editor.org/rfc/rfc3261#section-8.1.1
 */
import { responseTo } from '../sip/build.ts';
import { Headers } from '../sip/headers.ts';
import { newCallId, newCSeq, newTag } from '../sip/ids.ts';
import { parseCSeq, SipRequest, type SipMessage, type SipResponse } from '../sip/message.ts';
import { parseNameAddr, withTag } from '../sip/name-addr.ts';
import { isToken, parseDecimal } from '../sip/tokens.ts';
import type { Flow } from '../sip/transport.ts';
import { hostPort } from '../sip/uri.ts';
import {
  appHeader,
  contentTypeOf,
  localised,
  ownContact,
  ownedContact,
  wireName,
} from './app-headers.ts';
import type { AppMessage } from './command.ts';
import type { Dialog } from './dialog.ts';

/** Headers that are composed, never just copied from the application. */
const COMPOSED = new Set([
  'from',
  'to',
  'call-id',
  'cseq',
  'contact',
  'max-forwards',
  'content-type',
]);

/** Requests and their 2xx that carry a Contact: they set the target of later requests. */
const SETS_TARGET = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE', 'NOTIFY']);

export interface RequestLine {
  readonly method: string;
  readonly uri: string;
}

export function parseRequestLine(line: string): RequestLine | undefined {
  const [method = '', uri = '', version = ''] = line.split(' ');
  return isToken(method) && uri !== '' && version === 'SIP/2.0' ? { method, uri } : undefined;
}

export interface StatusLine {
  readonly status: number;
  readonly reason: string;
}

export function parseStatusLine(line: string): StatusLine | undefined {
  const status = parseDecimal(line.slice(8, 11), 699);
  if (!line.startsWith('SIP/2.0 ') || status === undefined || status < 100) return undefined;
  return { status, reason: line.slice(12).trim() };
}

/** A request outside any dialog, without its Via. Undefined when From, To or CSeq are no such. */
export function newRequest(
  { method, uri }: RequestLine,
  message: AppMessage,
  flow: Flow,
): SipRequest | undefined {
  const { address, port } = flow.local;
  const given = (key: string): string | undefined => {
    const value = appHeader(message, key);
    return value === undefined ? undefined : localised(key, value, flow);
  };
  const from = parseNameAddr(given('from') ?? `<sip:${hostPort(address, port)}>`);
  const to = given('to') ?? `<${uri}>`;
  const cseq = appHeader(message, 'cseq');
  const number = cseq === undefined ? newCSeq() : parseCSeq(cseq)?.number;
  if (from === undefined || parseNameAddr(to) === undefined || number === undefined)
    return undefined;
  const fromValue = given('from') ?? `<${from.uri}>`;

  const headers = new Headers();
  headers.add('Max-Forwards', appHeader(message, 'max-forwards') ?? '70');
  headers.add('From', from.params.has('tag') ? fromValue : withTag(fromValue, newTag()));
  headers.add('To', to);
  headers.add('Call-ID', appHeader(message, 'call-id') ?? newCallId());
  headers.add('CSeq', `${number} ${method}`);
  const contact = appHeader(message, 'contact');
  if (contact !== undefined) headers.add('Contact', ownedContact(contact, flow));
  else if (method === 'INVITE' || method === 'SUBSCRIBE' || method === 'REFER')
    headers.add('Contact', ownContact(flow));
  return fill(new SipRequest(method, uri, headers), message, flow);
}

/** A request inside a dialog, without its Via. */
export function dialogRequest(
  dialog: Dialog,
  { method, uri }: RequestLine,
  message: AppMessage,
  flow: Flow,
): SipRequest {
  const toTarget = method === 'ACK' || uri.includes('placeholder');
  const given = parseCSeq(appHeader(message, 'cseq') ?? '')?.number;
  const invite = dialog.answered?.invite;
  let number: number;
  if (method === 'ACK') number = invite?.cseq?.number ?? 0;
  else if (given !== undefined && given > dialog.localCSeq) number = dialog.localCSeq = given;
  else number = dialog.nextCSeq();
  const request = dialog.request(method, number, toTarget ? undefined : uri);
  const contact = appHeader(message, 'contact');
  if (contact !== undefined) request.headers.add('Contact', localised('contact', contact, flow));
  else if (SETS_TARGET.has(method)) request.headers.add('Contact', ownContact(flow));
  if (method === 'ACK' && invite !== undefined) {
    // The ACK of a 2xx shows the same credentials as its INVITE. RFC 3261 §13.2.2.4.
    for (const name of ['Authorization', 'Proxy-Authorization'])
      for (const value of invite.headers.all(name.toLowerCase())) request.headers.add(name, value);
  }
  return fill(request, message, flow);
}

export interface ResponseParts {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly localTag: string;
  readonly inDialog: boolean;
  readonly line: StatusLine;
  readonly message: AppMessage;
}

export function appResponse(parts: ResponseParts): SipResponse {
  const { request, flow, localTag, inDialog, line, message } = parts;
  const { status, reason } = line;
  const response = responseTo(request, status, {
    ...(reason !== '' && { reason }),
    toTag: localTag,
  });
  const { headers } = response;
  const establishes = status > 100 && status < 300 && SETS_TARGET.has(request.method);
  if (establishes)
    for (const route of request.headers.all('record-route')) headers.add('Record-Route', route);
  const contact = appHeader(message, 'contact');
  const ownTarget = inDialog && (request.method === 'INVITE' || request.method === 'SUBSCRIBE');
  if (contact !== undefined)
    for (const field of message.headers) {
      if (field.key === 'contact') headers.add('Contact', localised('contact', field.value, flow));
    }
  else if (status > 100 && (establishes || ownTarget)) headers.add('Contact', ownContact(flow));
  return fill(response, message, flow);
}

function fill<M extends SipMessage>(target: M, message: AppMessage, flow: Flow): M {
  for (const field of message.headers) {
    if (COMPOSED.has(field.key)) continue;
    target.headers.add(wireName(field), localised(field.key, field.value, flow));
  }
  if (message.body.length > 0) {
    const type = contentTypeOf(message);
    if (type !== undefined) target.headers.add('Content-Type', type);
    target.body = message.body;
  }
  return target;
}

/** A body of unknown type cannot be sent. */
export function lacksContentType(message: AppMessage): boolean {
  return message.body.length > 0 && contentTypeOf(message) === undefined;
}
