/**
 * SIP and SIPS URIs, taken apart and put together. The user part is kept as written (it may hold
 * `;`, `?` and escapes); nothing is unescaped, so that what comes in goes out unchanged.
 * RFC 3261 §19.1: https://www.rfc-editor.org/rfc/rfc3261#section-19.1
 */
import { formatParams, parseDecimal, parseParams, type Params } from './tokens.ts';

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** With a password: `user:password`, as written. */
  readonly user?: string;
  /** Lower case; an IPv6 literal keeps its brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
  /** What follows `?`, as written. */
  readonly headers?: string;
}

export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 0x20 || c === 0x3c || c === 0x3e || c === 0x22) return undefined;
  }
  // An unescaped @ cannot stand in the user part, but may in a parameter: the first one counts.
  const at = text.indexOf('@', colon);
  const user = at < 0 ? undefined : text.slice(colon + 1, at);
  if (user === '') return undefined;
  let rest = text.slice(at < 0 ? colon + 1 : at + 1);

  let headers: string | undefined;
  const question = rest.indexOf('?');
  if (question >= 0) {
    headers = rest.slice(question + 1);
    rest = rest.slice(0, question);
  }
  const semicolon = rest.indexOf(';');
  const params = parseParams(semicolon < 0 ? '' : rest.slice(semicolon));
  if (params === undefined) return undefined;
  const place = parseHostPort(semicolon < 0 ? rest : rest.slice(0, semicolon));
  if (place === undefined) return undefined;
  return {
    scheme,
    ...(user !== undefined && { user }),
    ...place,
    params,
    ...(headers !== undefined && { headers }),
  };
}

export function formatUri(uri: SipUri): string {
  return (
    `${uri.scheme}:${uri.user === undefined ? '' : `${uri.user}@`}${uri.host}` +
    (uri.port === undefined ? '' : `:${uri.port}`) +
    formatParams(uri.params) +
    (uri.headers === undefined ? '' : `?${uri.headers}`)
  );
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`. */
export function parseHostPort(text: string): { host: string; port?: number } | undefined {
  const end = text.startsWith('[') ? text.indexOf(']') + 1 : text.indexOf(':');
  if (text.startsWith('[') && end === 0) return undefined;
  const host = (end <= 0 ? text : text.slice(0, end)).trim().toLowerCase();
  if (host === '' || end === 0) return undefined;
  const rest = end < 0 ? '' : text.slice(end).trim();
  if (rest === '') return { host };
  if (!rest.startsWith(':')) return undefined;
  const port = parseDecimal(rest.slice(1).trim(), 65_535);
  return port === undefined ? undefined : { host, port };
}

/** An address as the host of a URI or a Via: IPv6 in brackets. */
export function hostOf(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}

export function hostPort(address: string, port: number): string {
  return `${hostOf(address)}:${port}`;
}

/** The same without the port where nobody would write it. */
export function hostUnlessUsual(address: string, port: number, usual: number): string {
  return port === usual ? hostOf(address) : hostPort(address, port);
}

/** Parameters that make two URIs different although only one of them has it. */
const TELLING = ['transport', 'user', 'ttl', 'method', 'maddr'];

/**
 * The same text for URIs that are equal by RFC 3261 §19.1.4
 * (https://www.rfc-editor.org/rfc/rfc3261#section-19.1.4), parameters nobody has heard of left out.
 */
export function uriKey(uri: SipUri): string {
  const user = uri.user?.replace(/%([\da-f]{2})/gi, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const params = TELLING.flatMap((name) => {
    const value = uri.params.get(name);
    return value === undefined ? [] : [`;${name}=${value.toLowerCase()}`];
  });
  const place = `${uri.host}${uri.port === undefined ? '' : `:${uri.port}`}`;
  return `${uri.scheme}:${user === undefined ? '' : `${user}@`}${place}${params.join('')}`;
}
