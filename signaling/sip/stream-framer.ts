/**
 * Cuts a byte stream into SIP messages by Content-Length, wherever the segments are split.
 * Between messages, CRLFCRLF is a ping and a single CRLF a pong or padding.
 * RFC 3261 §18.3, RFC 5626 §3.5.1: https://www.rfc-editor.org/rfc/rfc5626#section-3.5.1
 */
import { BridgeError } from '../../common/errors.ts';

const HEADERS_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$/im;
const MAX_HEAD = 65_536;
const MAX_BODY = 1_048_576;

export type StreamItem = Buffer | 'ping';

export class StreamFramer {
  private pending: Buffer = Buffer.alloc(0);
  /** Up to here no end of headers was found; never scanned twice. */
  private scanned = 0;
  /** The length of the message whose headers are complete, or 0. */
  private expected = 0;

  /** Everything that is complete now. Throws SIP_MALFORMED when the stream cannot be followed. */
  push(chunk: Buffer): StreamItem[] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
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
        if (this.pending.length > MAX_HEAD) throw unreadable('headers of more than 64 kB');
        return undefined;
      }
      this.expected = end + 4 + contentLength(this.pending.toString('latin1', 0, end));
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
  const length = Number(found[1]);
  if (length > MAX_BODY) throw unreadable('a body of more than 1 MB');
  return length;
}

function unreadable(what: string): BridgeError {
  return new BridgeError('SIP_MALFORMED', `The SIP stream is closed: it holds ${what}.`);
}
