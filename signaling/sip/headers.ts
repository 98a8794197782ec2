/**
 * The header fields of one message, in order and as written: a message that is passed on keeps its
 * spelling, its compact forms and its folding. Lookup is by long name in lower case.
 * RFC 3261 §7.3: https://www.rfc-editor.org/rfc/rfc3261#section-7.3
 */
import { splitOutside } from './tokens.ts';

export interface HeaderField {
  /** Long name, lower case. */
  readonly key: string;
  /** Unfolded and trimmed. */
  readonly value: string;
  /** As on the wire, without its CRLF. */
  readonly line: string;
}

const COMPACT: Record<string, string> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
};

/** Spelling → key. Names repeat in every message; the cap keeps a hostile peer from filling it. */
const keys = new Map<string, string>();

export function headerKey(name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const key = (lower.length === 1 ? COMPACT[lower] : undefined) ?? lower;
  if (keys.size < 1000) keys.set(name, key);
  return key;
}

const FOLD = /[ \t]*\r\n[ \t]+/g;

/** One header line, possibly folded; undefined when it has no name or no colon. */
export function parseHeaderLine(line: string): HeaderField | undefined {
  const colon = line.indexOf(':');
  if (colon <= 0) return undefined;
  const name = line.slice(0, colon).trimEnd();
  if (name === '' || name.includes(' ') || name.includes('\t')) return undefined;
  let value = line.slice(colon + 1);
  if (value.includes('\r\n')) value = value.replace(FOLD, ' ');
  return { key: headerKey(name), value: value.trim(), line };
}

export class Headers {
  /** Grows with every change, so that values derived from headers can be cached. */
  revision = 0;
  private readonly fields: HeaderField[];

  constructor(fields: HeaderField[] = []) {
    this.fields = fields;
  }

  [Symbol.iterator](): IterableIterator<HeaderField> {
    return this.fields[Symbol.iterator]();
  }

  /** The first field's value. */
  get(key: string): string | undefined {
    for (const field of this.fields) if (field.key === key) return field.value;
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** Every field's value, one for each line. */
  all(key: string): string[] {
    const values: string[] = [];
    for (const field of this.fields) if (field.key === key) values.push(field.value);
    return values;
  }

  /** Every element of a comma-separated header, however many lines it is spread over. */
  list(key: string): string[] {
    const elements: string[] = [];
    for (const value of this.all(key))
      for (const element of splitOutside(value, ',')) if (element !== '') elements.push(element);
    return elements;
  }

  add(name: string, value: string): this {
    this.revision++;
    this.fields.push({ key: headerKey(name), value, line: `${name}: ${value}` });
    return this;
  }

  /** In front of all others: a new top Via. */
  addFirst(name: string, value: string): this {
    this.revision++;
    this.fields.unshift({ key: headerKey(name), value, line: `${name}: ${value}` });
    return this;
  }

  /** Replaces the first field of that name in place and drops the others; adds it when new. */
  set(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.fields.findIndex((field) => field.key === key);
    if (at < 0) return this.add(name, value);
    this.revision++;
    this.fields[at] = { key, value, line: `${name}: ${value}` };
    for (let i = this.fields.length - 1; i > at; i--)
      if (this.fields[i]?.key === key) this.fields.splice(i, 1);
    return this;
  }

  /** Replaces only the first field of that name, keeping later lines (Via, Route). */
  replaceFirst(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.fields.findIndex((field) => field.key === key);
    if (at < 0) return this;
    this.revision++;
    this.fields[at] = { key, value, line: `${name}: ${value}` };
    return this;
  }

  deleteFirst(key: string): this {
    const at = this.fields.findIndex((field) => field.key === key);
    if (at < 0) return this;
    this.revision++;
    this.fields.splice(at, 1);
    return this;
  }

  delete(key: string): this {
    this.revision++;
    for (let i = this.fields.length - 1; i >= 0; i--)
      if (this.fields[i]?.key === key) this.fields.splice(i, 1);
    return this;
  }
}
