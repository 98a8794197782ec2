/**
 * Cuts a byte stream into SIP messages by Content-Length, wherever the segments are split.
 * Between messages, CRLFCRLF is a ping and a single CRLF a pong or padding.
 * RFC 3261 §18.3, RFC 5626 §3.5.1: https://www.rfc-editor.org/rfc/rfc5626#section-3.5.1
 */
import { BridgeError } from '../../common/errors.ts';

const HEADERS_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$/im;
const MAX_HEAD = 65_536;

export type StreamItem = Buffer | 'ping';

export class StreamFramer {
  private readonly maxBytes: number;
  private pending: Buffer = Buffer.alloc(0);
  /** Up to here no end of headers was found; never scanned twice. */
  private scanned = 0;
  /** The length of the message whose headers are complete, or 0. */
  private expected = 0;
  /** What has come of a body since `pending` was last put together. */
  private parts: Buffer[] = [];
  private partBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Everything that is complete now. Throws SIP_MALFORMED when the stream cannot be followed. */
  push(chunk: Buffer): StreamItem[] {
    // A long body in small pieces is put together once.
    this.parts.push(chunk);
    this.partBytes += chunk.length;
    if (this.pending.length + this.partBytes < this.expected) return [];
    this.pending =
      this.pending.length === 0 && this.parts.length === 1
        ? chunk
        : Buffer.concat([this.pending, ...this.parts]);
    this.parts = [];
    this.partBytes = 0;
    const items: StreamItem[] = [];
    for (let item = this.next(); item !== undefined; item = this.next()) items.push(item);
    return items;
  }

  private next(): StreamItem | undefined {
    if (this.expected === 0) {
      const blank = this.takeBlankLines();
      if (blank !== undefined) return blank;
      const end = this.pending.indexOf(HEADERS_END, this.scanned);
      if (end < 0) {
        this.scanned = Math.max(0, this.pending.length - 3);
        if (this.pending.length > MAX_HEAD) throw tooLarge('headers of more than 64 kB');
        return undefined;
      }
      this.expected = end + 4 + contentLength(this.pending.toString('latin1', 0, end));
      if (this.expected > this.maxBytes)
        throw tooLarge(`a message of more than ${this.maxBytes} bytes`);
    }
    if (this.pending.length < this.expected) return undefined;
    const message = this.pending.subarray(0, this.expected);
    this.drop(this.expected);
    this.expected = 0;
    return message;
  }

  /** Skips CRLFs in front of a message; two in a row are a ping. */
  private takeBlankLines(): 'ping' | undefined {
    while (this.pending[0] === 0x0d || this.pending[0] === 0x0a) {
      if (this.pending[0] === 0x0d && this.pending.length < 4) {
        // The rest of a CRLFCRLF may still be under way.
        const rest = HEADERS_END.subarray(0, this.pending.length);
        if (this.pending.equals(rest)) return undefined;
      }
      if (this.pending.subarray(0, 4).equals(HEADERS_END)) {
        this.drop(4);
        return 'ping';
      }
      this.drop(1);
    }
    return undefined;
  }

  private drop(count: number): void {
    this.pending = this.pending.subarray(count);
    this.scanned = 0;
  }
}

function contentLength(head: string): number {
  const found = CONTENT_LENGTH.exec(head);
  if (found?.[1] === undefined) {
    if (/^(?:content-length|l)[ \t]*:/im.test(head)) throw unreadable('an invalid Content-Length');
    return 0;
  }
  return Number(found[1]);
}

function tooLarge(what: string): BridgeError {
  return new BridgeError('SIP_TOO_LARGE', `The SIP stream is closed: it holds ${what}.`);
}

function unreadable(what: string): BridgeError {
  return new BridgeError('SIP_MALFORMED', `The SIP stream is closed: it holds ${what}.`);
}
