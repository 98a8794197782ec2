/**
 * Frames of the drachtio admin protocol: `<decimal byte length>#<payload>`, both directions, one
 * after the other on a TCP connection. The length counts bytes and has at most five digits.
 */
const MAX_DIGITS = 5;
const HASH = 0x23;

/** The stream cannot be followed any more; the connection has to be closed. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);

  /** Every payload that is complete now. Throws FrameError. */
  push(chunk: Buffer): Buffer[] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const payloads: Buffer[] = [];
    let at = 0;
    for (;;) {
      const start = this.payloadStart(at);
      if (start === undefined) break;
      const end = start + Number(this.pending.toString('latin1', at, start - 1));
      if (this.pending.length < end) break;
      payloads.push(this.pending.subarray(start, end));
      at = end;
    }
    this.pending = this.pending.subarray(at);
    return payloads;
  }

  /** The index behind the `#` of the length at `from`; undefined when it has not come yet. */
  private payloadStart(from: number): number | undefined {
    const end = Math.min(this.pending.length, from + MAX_DIGITS + 1);
    for (let i = from; i < end; i++) {
      const c = this.pending[i] ?? 0;
      if (c === HASH && i > from) return i + 1;
      if (c < 0x30 || c > 0x39) throw new FrameError('the length is not a number');
    }
    if (end === from + MAX_DIGITS + 1) throw new FrameError('the length has more than five digits');
    return undefined;
  }
}

/** One frame: the meta line and, behind a CRLF, a SIP message. */
export function frame(meta: string, message?: Buffer): Buffer {
  if (message === undefined) return Buffer.from(`${Buffer.byteLength(meta)}#${meta}`);
  const length = Buffer.byteLength(meta) + 2 + message.length;
  return Buffer.concat([Buffer.from(`${length}#${meta}\r\n`), message]);
}
