/**
 * The shape of one voice over a whole call: per 20 ms the lowest and the highest sample, the RMS, and
 * whether there is speech or clipping in it. Grows with the call up to an hour; then the oldest go.
 */

export const COLUMN_MS = 20;
/** An hour. */
export const MAX_COLUMNS = (60 * 60 * 1_000) / COLUMN_MS;
const FIRST_CAPACITY = 3_000;

/** What a reader of columns gets them in: low, high, rms, flags, one after the other. */
export const COLUMN_FIELDS = 4;
export const SPEECH = 1;
export const CLIPPED = 2;

export interface EnvelopeJson {
  /** Number of the first column that is there. */
  readonly first: number;
  /** Base64 of 16-bit little-endian values, COLUMN_FIELDS for each column. */
  readonly columns: string;
}

/** What is to be drawn of a stretch of columns. */
export interface Peak {
  low: number;
  high: number;
  rms: number;
  flags: number;
}

export class Envelope {
  readonly #max: number;
  /** Columns since the answer, the forgotten ones included. */
  #total = 0;
  #first = 0;
  #values: Int16Array;

  constructor(max = MAX_COLUMNS) {
    this.#max = max;
    this.#values = new Int16Array(Math.min(FIRST_CAPACITY, max) * COLUMN_FIELDS);
  }

  get total(): number {
    return this.#total;
  }

  /** The oldest column that is still there. */
  get first(): number {
    return this.#first;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  /** Columns as a worker reports them: fields of each, one after the other. */
  push(columns: Int16Array): void {
    for (let i = 0; i + COLUMN_FIELDS <= columns.length; i += COLUMN_FIELDS) {
      const at = this.#next();
      for (let field = 0; field < COLUMN_FIELDS; field += 1) {
        this.#values[at + field] = columns[i + field] ?? 0;
      }
    }
  }

  /** Silence up to a column: time of which nothing is known. */
  padTo(column: number): void {
    for (let missing = column - this.#total; missing > 0; missing -= 1) {
      const at = this.#next();
      this.#values.fill(0, at, at + COLUMN_FIELDS);
    }
  }

  /** All of `from` (included) to `to` (not), into `peak`; false where there is nothing. */
  read(from: number, to: number, peak: Peak): boolean {
    const start = Math.max(this.#first, Math.floor(from));
    const end = Math.min(this.#total, Math.ceil(to));
    peak.low = peak.high = peak.rms = peak.flags = 0;
    if (end <= start) return false;
    let squares = 0;
    const capacity = this.#values.length / COLUMN_FIELDS;
    for (let column = start; column < end; column += 1) {
      const at = (column % capacity) * COLUMN_FIELDS;
      const low = this.#values[at] ?? 0;
      const high = this.#values[at + 1] ?? 0;
      const rms = this.#values[at + 2] ?? 0;
      if (low < peak.low) peak.low = low;
      if (high > peak.high) peak.high = high;
      squares += rms * rms;
      peak.flags |= this.#values[at + 3] ?? 0;
    }
    peak.rms = Math.sqrt(squares / (end - start));
    return true;
  }

  toJSON(): EnvelopeJson {
    const values = new Int16Array((this.#total - this.#first) * COLUMN_FIELDS);
    const capacity = this.#values.length / COLUMN_FIELDS;
    for (let column = this.#first; column < this.#total; column += 1) {
      const at = (column % capacity) * COLUMN_FIELDS;
      values.set(
        this.#values.subarray(at, at + COLUMN_FIELDS),
        (column - this.#first) * COLUMN_FIELDS,
      );
    }
    return { first: this.#first, columns: toBase64(values) };
  }

  static fromJSON({ first, columns }: EnvelopeJson): Envelope {
    const envelope = new Envelope();
    // An hour at most: what comes from a file may claim anything.
    envelope.#total = envelope.#first = Math.max(0, Math.floor(first) || 0);
    envelope.push(fromBase64(columns));
    return envelope;
  }

  /** Where the next column's values go. */
  #next(): number {
    const column = this.#total;
    let capacity = this.#values.length / COLUMN_FIELDS;
    if (column - this.#first >= capacity) {
      if (capacity < this.#max) {
        this.#grow(Math.min(this.#max, capacity * 2));
        capacity = this.#values.length / COLUMN_FIELDS;
      } else this.#first += 1;
    }
    this.#total += 1;
    return (column % capacity) * COLUMN_FIELDS;
  }

  #grow(capacity: number): void {
    const before = this.#values;
    const old = before.length / COLUMN_FIELDS;
    const values = new Int16Array(capacity * COLUMN_FIELDS);
    for (let column = this.#first; column < this.#total; column += 1) {
      const from = (column % old) * COLUMN_FIELDS;
      values.set(before.subarray(from, from + COLUMN_FIELDS), (column % capacity) * COLUMN_FIELDS);
    }
    this.#values = values;
  }
}

/** Little-endian whatever the machine is: typed arrays are, on every platform a browser runs on. */
function toBase64(values: Int16Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = '';
  const step = 0x8000;
  for (let at = 0; at < bytes.length; at += step) {
    text += String.fromCharCode(...bytes.subarray(at, at + step));
  }
  return btoa(text);
}

function fromBase64(text: string): Int16Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length & ~1);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return new Int16Array(bytes.buffer);
}
