/**
 * The lexical ground of SIP: lists split at commas, `;name=value` parameters, balanced quotes.
 * One pass over the characters, no regular expressions: these run for every message.
 * RFC 3261 §7.3.1 and §25.1: https://www.rfc-editor.org/rfc/rfc3261#section-25.1
 */

/** Parameters in their written order; a flag such as `lr` has the value ''. Names are lower case. */
export type Params = Map<string, string>;

/** The index of the quote that closes the one at `open`, or -1. */
export function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x22) return i;
  }
  return -1;
}

/** Splits at `separator` outside quotes and angle brackets; the parts are trimmed. */
export function splitOutside(text: string, separator: string): string[] {
  if (!text.includes(separator)) return [text.trim()];
  const parts: string[] = [];
  let start = 0;
  let inside = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const close = closingQuote(text, i);
      if (close < 0) break;
      i = close;
    } else if (c === '<') inside = true;
    else if (c === '>') inside = false;
    else if (c === separator && !inside) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/** Where the first element of a list ends: at a separator outside quotes and brackets, or at the end. */
export function endOfFirst(text: string, separator: string): number {
  let inside = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const close = closingQuote(text, i);
      if (close < 0) break;
      i = close;
    } else if (c === '<') inside = true;
    else if (c === '>') inside = false;
    else if (c === separator && !inside) return i;
  }
  return text.length;
}

/** Reads `;a;b=c;d="e;f"`. Undefined when the text is not that. */
export function parseParams(text: string): Params | undefined {
  const params: Params = new Map();
  const rest = text.trim();
  if (rest === '') return params;
  if (!rest.startsWith(';')) return undefined;
  for (const part of splitOutside(rest.slice(1), ';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (!isToken(name)) return undefined;
    params.set(name, equals < 0 ? '' : part.slice(equals + 1).trim());
  }
  return params;
}

export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === '' ? `;${name}` : `;${name}=${value}`;
  return text;
}

const TOKEN = new Uint8Array(128);
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~")
  TOKEN[c.charCodeAt(0)] = 1;

export function isToken(text: string): boolean {
  if (text === '') return false;
  for (let i = 0; i < text.length; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** A decimal number of at most `max`, or undefined. */
export function parseDecimal(text: string, max: number): number | undefined {
  if (text === '' || text.length > 12) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value <= max ? value : undefined;
}
