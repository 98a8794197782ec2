/**
 * The RTP header, read and written (RFC 3550 section 5.1,
 * https://www.rfc-editor.org/rfc/rfc3550#section-5.1). Reading skips CSRCs, a header extension and
 * padding, and answers `undefined` to anything that is not RTP version 2 or is cut short: what
 * arrives on a UDP port is not to be trusted. Writing knows only the plain 12-byte header, all a
 * softphone ever sends.
 */
export const RTP_HEADER_BYTES = 12;

export interface RtpHeader {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

export interface RtpPacket extends RtpHeader {
  /** A view into the datagram, without padding. */
  readonly payload: Uint8Array;
}

export function parseRtp(datagram: Uint8Array): RtpPacket | undefined {
  if (datagram.length < RTP_HEADER_BYTES) return undefined;
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const first = view.getUint8(0);
  if (first >> 6 !== 2) return undefined;

  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > datagram.length) return undefined;
    start += 4 + view.getUint16(start + 2) * 4;
  }
  let end = datagram.length;
  if ((first & 0x20) !== 0) {
    const padding = view.getUint8(end - 1);
    if (padding === 0) return undefined;
    end -= padding;
  }
  if (start > end) return undefined;

  const second = view.getUint8(1);
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: datagram.subarray(start, end),
  };
}

/** Writes the 12 bytes at the start of `into`; numbers wrap to the width of their field. */
export function writeRtpHeader(into: Uint8Array, header: RtpHeader): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  view.setUint8(0, 0x80);
  view.setUint8(1, (header.payloadType & 0x7f) | (header.marker ? 0x80 : 0));
  view.setUint16(2, header.sequence);
  view.setUint32(4, header.timestamp);
  view.setUint32(8, header.ssrc);
}
