/**
 * Bencode, the encoding of the ng protocol: integers, byte strings, lists, dictionaries
 * (https://www.bittorrent.org/beps/bep_0003.html). Strings are bytes: they are decoded as UTF-8
 * where they are valid UTF-8 and stay a Buffer where they are not, so that nothing is lost either
 * way. Strict about form (lengths, digits, depth, trailing bytes), but not about the order of keys:
 * rtpengine and its clients do not sort them.
 */
import { isUtf8 } from 'node:buffer';

export type Bencoded = number | string | Buffer | readonly Bencoded[] | Dictionary;
export interface Dictionary {
  readonly [key: string]: Bencoded;
}

/** What encode takes; undefined members of dictionaries are left out. */
export type Encodable =
  | number
  | string
  | Buffer
  | readonly Encodable[]
  | { readonly [key: string]: Encodable | undefined };

/** Deeper than any ng message, shallow enough for any stack. */
const MAX_DEPTH = 32;

const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const D = 0x64;
const E = 0x65;
const I = 0x69;
const L = 0x6c;

/** The bytes are not bencode. */
export class BencodeError extends Error {
  override readonly name = 'BencodeError';
}

export function encode(value: Encodable): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: Encodable, parts: Buffer[]): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new BencodeError(`${value} is not an integer`);
    parts.push(Buffer.from(`i${value}e`));
  } else if (typeof value === 'string' || Buffer.isBuffer(value)) {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    parts.push(Buffer.from(`${bytes.length}:`), bytes);
  } else if (isList(value)) {
    parts.push(Buffer.from('l'));
    for (const item of value) write(item, parts);
    parts.push(Buffer.from('e'));
  } else {
    parts.push(Buffer.from('d'));
    for (const key of Object.keys(value).sort()) {
      const member = value[key];
      if (member === undefined) continue;
      write(key, parts);
      write(member, parts);
    }
    parts.push(Buffer.from('e'));
  }
}

/** Array.isArray does not narrow readonly arrays out of a union. */
function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value);
}

/** Decodes one value that fills the whole buffer; throws BencodeError. */
export function decode(bytes: Buffer): Bencoded {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

export function isDictionary(value: Bencoded | undefined): value is Dictionary {
  return typeof value === 'object' && !Array.isArray(value) && !Buffer.isBuffer(value);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(depth: number): Bencoded {
    if (depth > MAX_DEPTH) throw this.#error('nested too deeply');
    switch (this.#bytes[this.#at]) {
      case I:
        this.#at++;
        return this.#integer(E);
      case L:
        this.#at++;
        return this.#list(depth);
      case D:
        this.#at++;
        return this.#dictionary(depth);
      default:
        return textOf(this.#string());
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw this.#error('bytes after the end');
  }

  #list(depth: number): Bencoded[] {
    const items: Bencoded[] = [];
    while (this.#bytes[this.#at] !== E) items.push(this.value(depth + 1));
    this.#at++;
    return items;
  }

  #dictionary(depth: number): Dictionary {
    // Without a prototype, so that no key means anything but itself.
    const members = Object.create(null) as Record<string, Bencoded>;
    while (this.#bytes[this.#at] !== E) {
      const key = this.#string();
      if (!isUtf8(key)) throw this.#error('a key that is not UTF-8');
      const name = key.toString();
      if (name in members) throw this.#error(`the key ${name} twice`);
      members[name] = this.value(depth + 1);
    }
    this.#at++;
    return members;
  }

  #string(): Buffer {
    const length = this.#integer(COLON);
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw this.#error('a string beyond the end');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Digits up to the terminator: no sign but one minus, no leading zeros. */
  #integer(terminator: number): number {
    const start = this.#at;
    const negative = this.#bytes[this.#at] === MINUS;
    if (negative) this.#at++;
    const first = this.#at;
    let sum = 0;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === terminator) break;
      if (byte === undefined || byte < ZERO || byte > NINE) throw this.#error('not a number');
      sum = sum * 10 + (byte - ZERO);
      if (!Number.isSafeInteger(sum)) throw this.#error('a number out of range');
      this.#at++;
    }
    const digits = this.#at - first;
    if (digits === 0) throw this.#error('a number without digits');
    if (this.#bytes[first] === ZERO && (digits > 1 || negative)) {
      this.#at = start;
      throw this.#error('a number with leading zeros');
    }
    this.#at++;
    return negative ? -sum : sum;
  }

  #error(what: string): BencodeError {
    return new BencodeError(`${what} at byte ${this.#at}`);
  }
}

/** A copy for binary strings: the datagram's buffer is not ours to keep. */
function textOf(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) ? bytes.toString() : Buffer.from(bytes);
}
