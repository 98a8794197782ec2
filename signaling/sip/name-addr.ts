/**
 * What stands in From, To, Contact, Route, Record-Route, Refer-To: a URI with an optional display
 * name and parameters. Without angle brackets, parameters belong to the header, not to the URI.
 * RFC 3261 §20.10: https://www.rfc-editor.org/rfc/rfc3261#section-20.10
 */
import { closingQuote, formatParams, parseParams, type Params } from './tokens.ts';

export interface NameAddr {
  /** As written, quotes included; '' when there is none. */
  readonly displayName: string;
  readonly uri: string;
  readonly params: Params;
}

export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim();
  let from = 0;
  if (value.startsWith('"')) {
    const close = closingQuote(value, 0);
    if (close < 0) return undefined;
    from = close + 1;
  }
  const open = value.indexOf('<', from);
  let displayName = '';
  let uri: string;
  let rest: string;
  if (open >= 0) {
    const close = value.indexOf('>', open);
    if (close < 0) return undefined;
    displayName = value.slice(0, open).trim();
    uri = value.slice(open + 1, close).trim();
    rest = value.slice(close + 1);
  } else {
    if (from > 0) return undefined;
    const semicolon = value.indexOf(';');
    uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
    rest = semicolon < 0 ? '' : value.slice(semicolon);
  }
  if (!uri.includes(':') || uri.includes(' ')) return undefined;
  const params = parseParams(rest);
  return params && { displayName, uri, params };
}

/** Always with angle brackets, so that URI parameters stay the URI's. */
export function formatNameAddr(address: NameAddr): string {
  const name = address.displayName === '' ? '' : `${address.displayName} `;
  return `${name}<${address.uri}>${formatParams(address.params)}`;
}

/** The value with its `tag` set to `tag`; unparsable values are returned as they are. */
export function withTag(value: string, tag: string): string {
  const address = parseNameAddr(value);
  if (address === undefined) return value;
  address.params.set('tag', tag);
  return formatNameAddr(address);
}
