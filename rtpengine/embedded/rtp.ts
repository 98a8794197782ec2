/**
 * Tells RTP from RTCP from anything else, by the header alone and without allocating: version 2
 * and every length within the packet (RFC 3550 sections 5.1 and 6.1), RTCP by its packet type in
 * the byte that holds marker and payload type (RFC 5761 section 4,
 * https://www.rfc-editor.org/rfc/rfc5761#section-4).
 */
export type PacketKind = 'rtp' | 'rtcp' | 'malformed';

const VERSION = 2;
const RTP_HEADER = 12;
const RTCP_HEADER = 4;
/** An RTCP packet names at least its sender's SSRC. */
const RTCP_MIN = 8;
const RTCP_FIRST_TYPE = 192;
const RTCP_LAST_TYPE = 223;

export function classify(packet: Buffer): PacketKind {
  if (packet.length < RTCP_MIN || byte(packet, 0) >> 6 !== VERSION) return 'malformed';
  const type = byte(packet, 1);
  if (type >= RTCP_FIRST_TYPE && type <= RTCP_LAST_TYPE) {
    return isCompoundRtcp(packet) ? 'rtcp' : 'malformed';
  }
  return isRtp(packet) ? 'rtp' : 'malformed';
}

/** The sender of an RTP packet. */
export function ssrcOf(packet: Buffer): number {
  return packet.readUInt32BE(8);
}

export function payloadTypeOf(packet: Buffer): number {
  return byte(packet, 1) & 0x7f;
}

export function sequenceOf(packet: Buffer): number {
  return packet.readUInt16BE(2);
}

export function setSequence(packet: Buffer, sequence: number): void {
  packet.writeUInt16BE(sequence, 2);
}

export function timestampOf(packet: Buffer): number {
  return packet.readUInt32BE(4);
}

/** Where the payload of a valid RTP packet begins. */
export function payloadOffset(packet: Buffer): number {
  const first = byte(packet, 0);
  const header = RTP_HEADER + (first & 0x0f) * 4;
  return (first & 0x10) === 0 ? header : header + 4 + packet.readUInt16BE(header + 2) * 4;
}

function isRtp(packet: Buffer): boolean {
  const first = byte(packet, 0);
  let header = RTP_HEADER + (first & 0x0f) * 4;
  if (packet.length < header) return false;
  if ((first & 0x10) !== 0) {
    if (packet.length < header + 4) return false;
    header += 4 + packet.readUInt16BE(header + 2) * 4;
    if (packet.length < header) return false;
  }
  if ((first & 0x20) !== 0) {
    const padding = byte(packet, packet.length - 1);
    return padding > 0 && header + padding <= packet.length;
  }
  return true;
}

/** A chain of packets, each with version 2, whose lengths add up to the datagram. */
function isCompoundRtcp(packet: Buffer): boolean {
  let at = 0;
  while (at < packet.length) {
    if (packet.length - at < RTCP_HEADER || byte(packet, at) >> 6 !== VERSION) return false;
    at += (packet.readUInt16BE(at + 2) + 1) * 4;
  }
  return at === packet.length;
}

function byte(packet: Buffer, at: number): number {
  return packet[at] ?? 0;
}
