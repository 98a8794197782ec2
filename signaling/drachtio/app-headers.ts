/**
 * How headers that an application gives go onto the wire: names spelt as SIP spells them, and the
 * placeholder host `localhost` in From, To, Contact and P-Asserted-Identity replaced by the address
 * of the transport in use, since the application cannot know it.
 */
import type { HeaderField } from '../sip/headers.ts';
import { formatNameAddr, parseNameAddr } from '../sip/name-addr.ts';
import { splitOutside } from '../sip/tokens.ts';
import type { Flow } from '../sip/transport.ts';
import { formatUri, hostOf, hostPort, parseUri } from '../sip/uri.ts';
import { nameOf, type AppMessage } from './command.ts';

const SPECIAL: Record<string, string> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  rack: 'RAck',
  'www-authenticate': 'WWW-Authenticate',
  'mime-version': 'MIME-Version',
  'min-se': 'Min-SE',
  'sip-etag': 'SIP-ETag',
  'sip-if-match': 'SIP-If-Match',
};

/** `user-agent` → `User-Agent`; names with capitals of their own and `x-…` stay as they are. */
export function wireName(field: HeaderField): string {
  const name = nameOf(field);
  if (name !== name.toLowerCase() || name.startsWith('x-')) return name;
  if (name.length === 1) return wireNameOf(field.key);
  return wireNameOf(name);
}

function wireNameOf(name: string): string {
  return SPECIAL[name] ?? name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

export function appHeader(message: AppMessage, key: string): string | undefined {
  return message.headers.find((field) => field.key === key)?.value;
}

/** Our own Contact on a flow. */
export function ownContact(flow: Flow, user?: string): string {
  const { address, port } = flow.local;
  const place = hostPort(address, port);
  return `<sip:${user === undefined ? '' : `${user}@`}${place}${transportParam(flow)}>`;
}

function transportParam(flow: Flow): string {
  return flow.protocol === 'udp' ? '' : `;transport=${flow.protocol}`;
}

const LOCALISED = new Set(['from', 'to', 'contact', 'p-asserted-identity']);

/** The value with every `localhost` of an address header replaced. */
export function localised(key: string, value: string, flow: Flow): string {
  if (!LOCALISED.has(key) || !value.toLowerCase().includes('localhost')) return value;
  return mapAddresses(value, (host) => host === 'localhost', key === 'contact', flow);
}

/**
 * A Contact of a request that opens a dialog: an address that is not the one of the transport in
 * use would lead in-dialog requests astray, so it is replaced. Names are left alone.
 */
export function ownedContact(value: string, flow: Flow): string {
  const { address, port } = flow.local;
  const foreign = (host: string, at: number | undefined): boolean =>
    host === 'localhost' ||
    (/^\d+\.\d+\.\d+\.\d+$/.test(host) && (host !== address || (at ?? 5060) !== port));
  return mapAddresses(value, foreign, true, flow);
}

function mapAddresses(
  value: string,
  matches: (host: string, port: number | undefined) => boolean,
  isContact: boolean,
  flow: Flow,
): string {
  const parts = splitOutside(value, ',').map((part) => {
    const parsed = parseNameAddr(part);
    const uri = parsed && parseUri(parsed.uri);
    if (parsed === undefined || uri === undefined || !matches(uri.host, uri.port)) return part;
    const { address, port } = flow.local;
    const params = new Map(uri.params);
    if (isContact && flow.protocol !== 'udp') params.set('transport', flow.protocol);
    const replaced = formatUri({ ...uri, host: hostOf(address), port, params });
    return formatNameAddr({ ...parsed, uri: replaced });
  });
  return parts.join(', ');
}

/** The Content-Type of a body: as given, or SDP when it looks like it; undefined = unknown. */
export function contentTypeOf(message: AppMessage): string | undefined {
  const given = appHeader(message, 'content-type');
  if (given !== undefined) return given;
  return message.body.toString('latin1', 0, 3) === 'v=0' ? 'application/sdp' : undefined;
}
