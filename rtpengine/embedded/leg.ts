/**
 * One side of a call at the relay: a phone (phone-leg.ts) or a page (page-leg.ts). Legs are joined
 * in pairs, and each hands the packets it receives to the other.
 */
import type { Log } from '../../common/log.ts';
import type { Certificate } from './certificate.ts';
import { Incoming } from './incoming.ts';
import type { Endpoint } from './latch.ts';
import type { Interfaces } from './interfaces.ts';
import type { PagePorts } from './page-port.ts';
import type { PortPool } from './ports.ts';
import { Quality } from './quality.ts';
import { readRtcp } from './rtcp.ts';
import type { PacketKind } from './rtp.ts';

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
  /** Packets that had come before. */
  rtpDuplicates: number;
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
    rtpDuplicates: 0,
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
  readonly interfaces: Interfaces;
  readonly ports: PortPool;
  readonly pagePorts: PagePorts;
  readonly certificate: Certificate;
  readonly counters: RtpengineCounters;
  /** Whether packets of phones may come from there. */
  readonly admits?: ((address: string) => boolean) | undefined;
  readonly log: Log;
  readonly callId: string;
}

/** Where a leg's packets go: the other leg, and what lies between (gate.ts, outlet.ts). */
export interface Way {
  /** Of the leg at the end of it. */
  readonly meter: Meter | undefined;
  send(packet: Buffer, kind: 'rtp' | 'rtcp'): boolean;
}

export interface Leg extends Way {
  readonly kind: 'phone' | 'page';
  readonly protocol: 'RTP/AVP' | 'UDP/TLS/RTP/SAVPF';
  /** The address it is bound to. */
  readonly address: string;
  /** The address the SDP names. */
  readonly advertised: string;
  /** The port the SDP names. */
  readonly port: number;
  readonly meter: Meter;
  /** Sends packets that the other leg has received; false when they could not be sent. */
  send(packet: Buffer, kind: 'rtp' | 'rtcp'): boolean;
  /** Where received packets go. */
  join(other: Way): void;
  streams(): readonly StreamState[];
  /** Closes all sockets, then gives the ports back; idempotent. */
  close(): Promise<void>;
}

/** What comes from a leg's peer: counted for query and for the totals, and its reports read. */
export class Meter {
  readonly rtp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  readonly rtcp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  readonly incoming = new Incoming();
  /** How what is sent to the peer arrives there, as it says itself. */
  readonly quality = new Quality();
  /** Unix ms of the last valid packet, and of the last RTP packet. */
  lastPacketAt: number;
  lastRtpAt = 0;
  /** The peer has said goodbye in RTCP, and sent no RTP since. */
  isOver = false;
  readonly #totals: RtpengineCounters;

  constructor(totals: RtpengineCounters) {
    this.#totals = totals;
    this.lastPacketAt = Date.now();
  }

  /** Counts RTP; false for a packet that has come before. */
  rtpArrived(packet: Buffer, now: number): boolean {
    this.rtp.packets++;
    this.rtp.bytes += packet.length;
    this.lastPacketAt = this.lastRtpAt = Date.now();
    this.isOver = false;
    this.#totals.rtpPackets++;
    if (this.incoming.take(packet, now)) return true;
    this.#totals.rtpDuplicates++;
    return false;
  }

  /** @param other of the leg that the packet goes on to. */
  rtcpArrived(packet: Buffer, now: number, other: Meter | undefined): void {
    this.rtcp.packets++;
    this.rtcp.bytes += packet.length;
    this.lastPacketAt = Date.now();
    this.#totals.rtcpPackets++;
    readRtcp(packet, {
      senderReport: (_, ntp) => other?.quality.reportSent(ntp, now),
      reportBlock: (block) =>
        this.quality.reported(
          block,
          other?.incoming.clockRate ?? this.incoming.clockRate,
          now,
          this.lastPacketAt,
        ),
      bye: () => void (this.isOver = true),
    });
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

/** What a leg does with every valid packet of its peer. */
export function handOn(packet: Buffer, kind: 'rtp' | 'rtcp', from: Leg, to: Way | undefined): void {
  const now = performance.now();
  if (kind === 'rtcp') from.meter.rtcpArrived(packet, now, to?.meter);
  else if (!from.meter.rtpArrived(packet, now)) return;
  if (to?.send(packet, kind) !== true) from.meter.undeliverable();
}

/** Narrows a classification to what may be relayed. */
export function isMedia(kind: PacketKind): kind is 'rtp' | 'rtcp' {
  return kind !== 'malformed';
}
