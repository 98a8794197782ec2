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

/** What an unquoted display name cannot hold. Letters of any script are let pass. */
const SEPARATORS = /[()<>@,;:\\"/[\]?={}]/;

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
    // What follows a quoted name, or stands in an unquoted one, is blanks and tokens: no `,` or `;`.
    if (from > 0 ? value.slice(from, open).trim() !== '' : SEPARATORS.test(displayName))
      return undefined;
    uri = value.slice(open + 1, close);
    rest = value.slice(close + 1);
  } else {
    if (from > 0) return undefined;
    const semicolon = value.indexOf(';');
    uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
    rest = semicolon < 0 ? '' : value.slice(semicolon);
    // Without brackets it would be unclear whose the headers are. RFC 3261 §20.10.
    if (uri.includes('?')) return undefined;
  }
  if (!uri.includes(':') || /\s/.test(uri)) return undefined;
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
