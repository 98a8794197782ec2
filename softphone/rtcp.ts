/**
 * The few RTCP packets a softphone needs: a compound of sender or receiver report, the CNAME and,
 * at the end of a call, BYE (RFC 3550 section 6,
 * https://www.rfc-editor.org/rfc/rfc3550#section-6). Of what comes in, only the other side's clock
 * (for the next report), its view of our stream and its BYE are taken.
 */
import type { LossReport } from '../common/receiver-statistics.ts';

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;
const CNAME = 1;
/** Seconds between 1900, where NTP time begins, and 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

export interface RtcpReport {
  readonly ssrc: number;
  readonly cname: string;
  /** Wall clock in milliseconds since 1970. */
  readonly wallMs: number;
  /** Present once RTP has been sent: the report is an SR then. */
  readonly sent?: { readonly timestamp: number; readonly packets: number; readonly octets: number };
  /** Present once RTP has been received. */
  readonly received?: {
    readonly ssrc: number;
    readonly loss: LossReport;
    /** Middle 32 bits of the last SR's NTP time, and the delay since in 1/65536 s; 0 for none. */
    readonly lastSenderReport: number;
    readonly delaySinceLast: number;
  };
  readonly bye: boolean;
}

export interface RtcpSeen {
  /** Middle 32 bits of the NTP time of a sender report. */
  readonly senderReport?: number;
  /** What the other side says about the stream with our SSRC. */
  readonly aboutUs?: { readonly fractionLost: number; readonly cumulativeLost: number };
  readonly bye: boolean;
}

export function writeRtcp(report: RtcpReport): Uint8Array {
  const cname = new TextEncoder().encode(report.cname).subarray(0, 255);
  const senderBytes = report.sent ? 20 : 0;
  const blockBytes = report.received ? 24 : 0;
  const reportBytes = 8 + senderBytes + blockBytes;
  // SSRC, item type and length, the text, then at least one zero up to a 32-bit boundary.
  const sdesBytes = 4 + Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  const bytes = new Uint8Array(reportBytes + sdesBytes + (report.bye ? 8 : 0));
  const view = new DataView(bytes.buffer);

  let at = header(view, 0, {
    count: report.received ? 1 : 0,
    type: report.sent ? SENDER_REPORT : RECEIVER_REPORT,
    bytes: reportBytes,
  });
  view.setUint32(at, report.ssrc);
  at += 4;
  if (report.sent) {
    const seconds = report.wallMs / 1000 + NTP_EPOCH_SECONDS;
    view.setUint32(at, Math.floor(seconds));
    view.setUint32(at + 4, Math.floor((seconds % 1) * 2 ** 32));
    view.setUint32(at + 8, report.sent.timestamp);
    view.setUint32(at + 12, report.sent.packets);
    view.setUint32(at + 16, report.sent.octets);
    at += 20;
  }
  if (report.received) {
    const { ssrc, loss, lastSenderReport, delaySinceLast } = report.received;
    view.setUint32(at, ssrc);
    view.setUint32(at + 4, loss.cumulativeLost & 0xffffff);
    view.setUint8(at + 4, loss.fractionLost);
    view.setUint32(at + 8, loss.extendedHighestSequence);
    view.setUint32(at + 12, loss.jitter);
    view.setUint32(at + 16, lastSenderReport);
    view.setUint32(at + 20, delaySinceLast);
    at += 24;
  }
  const sdes = at;
  at = header(view, at, { count: 1, type: SOURCE_DESCRIPTION, bytes: sdesBytes });
  view.setUint32(at, report.ssrc);
  view.setUint8(at + 4, CNAME);
  view.setUint8(at + 5, cname.length);
  bytes.set(cname, at + 6);
  if (report.bye) {
    at = header(view, sdes + sdesBytes, { count: 1, type: BYE, bytes: 8 });
    view.setUint32(at, report.ssrc);
  }
  return bytes;
}

/** Reads a compound packet; what follows the first malformed part is not looked at. */
export function parseRtcp(datagram: Uint8Array, ourSsrc: number): RtcpSeen | undefined {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  let senderReport: number | undefined;
  let aboutUs: RtcpSeen['aboutUs'];
  let bye = false;
  let at = 0;
  while (at + 8 <= datagram.length) {
    const count = view.getUint8(at) & 0x1f;
    const type = view.getUint8(at + 1);
    const end = at + 4 + view.getUint16(at + 2) * 4;
    if (view.getUint8(at) >> 6 !== 2 || end > datagram.length) break;
    if (type === BYE) bye = true;
    let block = type === RECEIVER_REPORT ? at + 8 : end;
    if (type === SENDER_REPORT && at + 28 <= end) {
      senderReport = ((view.getUint16(at + 10) << 16) | view.getUint16(at + 12)) >>> 0;
      block = at + 28;
    }
    for (let n = 0; n < count && block + 24 <= end; n += 1, block += 24) {
      if (view.getUint32(block) !== ourSsrc) continue;
      aboutUs = {
        fractionLost: view.getUint8(block + 4) / 256,
        // A signed 24-bit number.
        cumulativeLost: (view.getUint32(block + 4) << 8) >> 8,
      };
    }
    at = end;
  }
  if (at === 0) return undefined;
  return {
    bye,
    ...(senderReport === undefined ? {} : { senderReport }),
    ...(aboutUs === undefined ? {} : { aboutUs }),
  };
}

function header(
  view: DataView,
  at: number,
  { count, type, bytes }: { count: number; type: number; bytes: number },
): number {
  view.setUint8(at, 0x80 | count);
  view.setUint8(at + 1, type);
  view.setUint16(at + 2, bytes / 4 - 1);
  return at + 4;
}
