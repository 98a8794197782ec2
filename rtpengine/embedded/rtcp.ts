/**
 * Reads the reports in a compound RTCP packet (RFC 3550 section 6.4,
 * https://www.rfc-editor.org/rfc/rfc3550#section-6.4). The relay hands RTCP on as it is: it changes
 * no SSRC and no timestamp, so what phone and page tell each other is true end to end, and the
 * round-trip time each computes is that of the whole way. The relay only listens.
 */
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const BYE = 203;
const BLOCK_BYTES = 24;

export interface ReportBlock {
  /** The stream it is about. */
  readonly ssrc: number;
  /** 0 to 1, since the report before. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  /** In units of the stream's clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report that came, 0 for none. */
  readonly lastReport: number;
  /** Since that, in units of 1/65536 s. */
  readonly delay: number;
}

export interface RtcpListener {
  /** Middle 32 bits of its NTP time. */
  senderReport(ssrc: number, ntp: number): void;
  reportBlock(block: ReportBlock): void;
  bye(): void;
}

/** The packet is a well-formed compound (rtp.ts has looked at its lengths). */
export function readRtcp(packet: Buffer, listener: RtcpListener): void {
  for (let at = 0; at + 8 <= packet.length;) {
    const count = packet.readUInt8(at) & 0x1f;
    const type = packet.readUInt8(at + 1);
    const end = at + (packet.readUInt16BE(at + 2) + 1) * 4;
    if (end > packet.length) return;
    let block = end;
    if (type === BYE) listener.bye();
    else if (type === RECEIVER_REPORT) block = at + 8;
    else if (type === SENDER_REPORT && end - at >= 28) {
      listener.senderReport(packet.readUInt32BE(at + 4), packet.readUInt32BE(at + 10));
      block = at + 28;
    }
    for (let n = 0; n < count && block + BLOCK_BYTES <= end; n++, block += BLOCK_BYTES) {
      listener.reportBlock({
        ssrc: packet.readUInt32BE(block),
        fractionLost: packet.readUInt8(block + 4) / 256,
        cumulativeLost: packet.readIntBE(block + 5, 3),
        jitter: packet.readUInt32BE(block + 12),
        lastReport: packet.readUInt32BE(block + 16),
        delay: packet.readUInt32BE(block + 20),
      });
    }
    at = end;
  }
}
