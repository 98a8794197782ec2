/**
 * Messages as a proxy passes them on: copied with everything in them, a Via added or taken away, one
 * hop counted, ourselves written into the route where the application wants to stay in it.
 * RFC 3261 §16.6 and §16.7: https://www.rfc-editor.org/rfc/rfc3261#section-16.6
 */
import { createHmac, randomBytes } from 'node:crypto';
import { Headers } from '../sip/headers.ts';
import { newBranch } from '../sip/ids.ts';
import { SipRequest, SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';
import { endOfFirst, parseDecimal } from '../sip/tokens.ts';
import type { Flow } from '../sip/transport.ts';
import { hostPort, parseUri, type SipUri } from '../sip/uri.ts';
import { viaFor } from '../sip/transaction-layer.ts';
import { MAGIC_COOKIE, parseVia } from '../sip/via.ts';
import { localised, wireName } from './app-headers.ts';
import type { AppMessage } from './command.ts';

/** Of this process: nobody else can write a route that we would follow, or a branch of ours. */
const KEY = randomBytes(16);
const PROOF = 'rr';

function proofOf(...parts: readonly string[]): string {
  return createHmac('sha256', KEY).update(parts.join('\n')).digest('hex').slice(0, 16);
}

export interface ForwardOptions {
  readonly uri: string;
  /** Stay in the route of later requests (Record-Route), or of later calls (Path, for REGISTER). */
  readonly stay: boolean;
  /** Headers that the application adds. */
  readonly added?: AppMessage;
}

export function forwarded(request: SipRequest, flow: Flow, options: ForwardOptions): SipRequest {
  const copy = new SipRequest(
    request.method,
    options.uri,
    new Headers([...request.headers]),
    request.body,
  );
  const { headers } = copy;
  const hops = parseDecimal(headers.get('max-forwards') ?? '', 255) ?? 71;
  headers.set('Max-Forwards', String(Math.max(0, hops - 1)));
  for (const field of options.added?.headers ?? [])
    if (!KEPT.has(field.key)) headers.set(wireName(field), localised(field.key, field.value, flow));
  if (options.stay) {
    const route = ownRoute(request, flow);
    if (request.method === 'REGISTER')
      headers.addFirst('Path', route).add('Require', 'path').add('Supported', 'path');
    else headers.addFirst('Record-Route', route);
  }
  const branch = `${MAGIC_COOKIE}${proofOf(...loopKey(request))}${newBranch().slice(MAGIC_COOKIE.length)}`;
  headers.addFirst('Via', viaFor(flow, branch));
  return copy;
}

/** What a proxied request keeps whatever the application says. RFC 3261 §16.6. */
const KEPT = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards', 'contact', 'content-type']);

/** Our place in the route; whoever follows it shows the proof that we wrote it. */
function ownRoute(request: SipRequest, flow: Flow): string {
  const { address, port } = flow.local;
  const transport = flow.protocol === 'udp' ? '' : `;transport=${flow.protocol}`;
  const proof = proofOf('route', request.callId);
  return `<sip:${hostPort(address, port)};lr${transport};${PROOF}=${proof}>`;
}

/** Whether the first Route of a request is one that we wrote for its call. */
export function isOwnRoute(request: SipRequest): boolean {
  const first = request.headers.list('route')[0];
  const uri = first === undefined ? undefined : parseUri(parseNameAddr(first)?.uri ?? '');
  return uri?.params.get(PROOF) === proofOf('route', request.callId);
}

/** Takes our own route, or ourselves twice (a change of transport), off the front. */
export function withoutOwnRoutes(request: SipRequest): SipRequest {
  const copy = new SipRequest(
    request.method,
    request.uri,
    new Headers([...request.headers]),
    request.body,
  );
  while (isOwnRoute(copy)) dropFirst(copy.headers, 'Route');
  return copy;
}

/** Where a request in a route goes next: the first Route, or its Request-URI. */
export function nextOf(request: SipRequest): SipUri | undefined {
  const first = request.headers.list('route')[0];
  return parseUri(first === undefined ? request.uri : (parseNameAddr(first)?.uri ?? ''));
}

/** A response as it goes on: without our Via. */
export function backward(response: SipResponse): SipResponse {
  const headers = new Headers([...response.headers]);
  dropFirst(headers, 'Via');
  return new SipResponse(response.status, response.reason, headers, response.body);
}

/**
 * The request has been here already, unchanged, and came back. A request whose Request-URI has
 * changed meanwhile may pass again. RFC 3261 §16.3: https://www.rfc-editor.org/rfc/rfc3261#section-16.3
 */
export function hasLooped(request: SipRequest): boolean {
  const vias = request.headers.list('via').slice(1);
  if (vias.length === 0) return false;
  const mark = MAGIC_COOKIE + proofOf(...loopKey(request));
  return vias.some((via) => parseVia(via)?.params.get('branch')?.startsWith(mark) ?? false);
}

function loopKey(request: SipRequest): string[] {
  return [
    request.uri,
    request.callId,
    request.fromTag,
    request.toTag,
    String(request.cseq?.number ?? 0),
    request.headers.list('route').join(','),
  ];
}

/** Drops the first element of a list, which may share its line with others. */
function dropFirst(headers: Headers, name: string): void {
  const value = headers.get(name.toLowerCase()) ?? '';
  const rest = value.slice(endOfFirst(value, ',') + 1).trim();
  if (rest === '') headers.deleteFirst(name.toLowerCase());
  else headers.replaceFirst(name, rest);
}
