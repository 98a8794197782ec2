/**
 * One side of a call at the relay: a phone (phone-leg.ts) or a page (page-leg.ts). Legs are joined
 * in pairs, and each hands the packets it receives to the other.
 */
import type { Log } from '../../common/log.ts';
import type { Certificate } from './certificate.ts';
import type { Endpoint } from './latch.ts';
import type { PortPool } from './ports.ts';
import { ssrcOf, type PacketKind } from './rtp.ts';

/** Totals of the whole server. */
export interface RtpengineCounters {
  /** ng commands executed, repetitions not counted. */
  ngCommands: number;
  ngRetransmissions: number;
  /** Datagrams on the ng port that are no command (NG_MALFORMED). */
  ngMalformed: number;
  /** Commands answered with an error. */
  ngErrors: number;
  callsCreated: number;
  callsDeleted: number;
  rtpPackets: number;
  rtcpPackets: number;
  /** Datagrams on media ports that are neither RTP nor RTCP (RTP_MALFORMED). */
  rtpMalformed: number;
  /** Packets from elsewhere than the phone. */
  rtpForeign: number;
  /** Valid packets that could not go on: the other side is not connected yet, or no more. */
  rtpUndeliverable: number;
}

export function newCounters(): RtpengineCounters {
  return {
    ngCommands: 0,
    ngRetransmissions: 0,
    ngMalformed: 0,
    ngErrors: 0,
    callsCreated: 0,
    callsDeleted: 0,
    rtpPackets: 0,
    rtcpPackets: 0,
    rtpMalformed: 0,
    rtpForeign: 0,
    rtpUndeliverable: 0,
  };
}

/** Packets received on one stream of a leg. */
export interface StreamStats {
  packets: number;
  bytes: number;
  errors: number;
}

/** What query tells of a leg's RTP or RTCP stream. */
export interface StreamState {
  readonly kind: 'RTP' | 'RTCP';
  readonly localPort: number;
  readonly endpoint: Endpoint | undefined;
  readonly announced: Endpoint | undefined;
  readonly confirmed: boolean;
  readonly stats: Readonly<StreamStats>;
}

/** What every leg of a call needs from the server. */
export interface LegContext {
  readonly address: string;
  readonly ports: PortPool;
  readonly certificate: Certificate;
  readonly counters: RtpengineCounters;
  readonly log: Log;
  readonly callId: string;
}

export interface Leg {
  readonly kind: 'phone' | 'page';
  readonly protocol: 'RTP/AVP' | 'UDP/TLS/RTP/SAVPF';
  readonly address: string;
  /** The port the SDP names. */
  readonly port: number;
  readonly meter: Meter;
  /** Sends packets that the other leg has received; false when they could not be sent. */
  send(packet: Buffer, kind: 'rtp' | 'rtcp'): boolean;
  /** Where received packets go. */
  join(other: Leg): void;
  streams(): readonly StreamState[];
  /** Closes all sockets, then gives the ports back; idempotent. */
  close(): Promise<void>;
}

/** Counts a leg's received packets, for query and for the totals; one per leg. */
export class Meter {
  readonly rtp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  readonly rtcp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  /** Of the last RTP packet. */
  ssrc: number | undefined;
  /** Unix ms of the last valid packet. */
  lastPacketAt: number;
  readonly #totals: RtpengineCounters;

  constructor(totals: RtpengineCounters) {
    this.#totals = totals;
    this.lastPacketAt = Date.now();
  }

  received(packet: Buffer, kind: 'rtp' | 'rtcp'): void {
    const stats = kind === 'rtp' ? this.rtp : this.rtcp;
    stats.packets++;
    stats.bytes += packet.length;
    this.lastPacketAt = Date.now();
    if (kind === 'rtp') {
      this.ssrc = ssrcOf(packet);
      this.#totals.rtpPackets++;
    } else {
      this.#totals.rtcpPackets++;
    }
  }

  malformed(socket: 'rtp' | 'rtcp'): void {
    this[socket].errors++;
    this.#totals.rtpMalformed++;
  }

  foreign(): void {
    this.#totals.rtpForeign++;
  }

  undeliverable(): void {
    this.#totals.rtpUndeliverable++;
  }
}

/** Narrows a classification to what may be relayed. */
export function isMedia(kind: PacketKind): kind is 'rtp' | 'rtcp' {
  return kind !== 'malformed';
}
