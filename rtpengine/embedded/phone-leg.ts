/**
 * The side of a plain RTP phone: one UDP socket for RTP, one for RTCP a port above. Packets are
 * relayed from within the socket's `message` event, as the Buffer they came in.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { messageOf } from '../../common/errors.ts';
import { interfaceFor, type Family, type Interface } from './interfaces.ts';
import { Latch, type Endpoint } from './latch.ts';
import {
  Meter,
  handOn,
  isMedia,
  type Leg,
  type LegContext,
  type StreamState,
  type Way,
} from './leg.ts';
import { classify } from './rtp.ts';
import { MAX_PORT } from './sdp.ts';

/** Bursts of a second and more outlive a garbage collection. */
const RECEIVE_BUFFER = 256 * 1024;

export interface Announcement {
  /** Where the SIP message with the SDP came from. */
  readonly signalledFrom?: string | undefined;
  /** Whether the phone may move without saying so. */
  readonly handover?: boolean;
}

export class PhoneLeg implements Leg {
  readonly kind = 'phone';
  readonly protocol = 'RTP/AVP';
  readonly address: string;
  readonly advertised: string;
  readonly port: number;
  readonly meter: Meter;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #rtpLatch = new Latch();
  readonly #rtcpLatch = new Latch();
  readonly #context: LegContext;
  /** Whether the phone takes RTCP where it takes RTP; what it sends is taken from either port. */
  isMuxed = false;
  #other: Way | undefined;
  #admitted: string | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    context: LegContext,
    at: Interface,
    phone: string | undefined,
    port: number,
    rtp: Socket,
    rtcp: Socket,
  ) {
    this.#context = context;
    this.address = at.address;
    this.advertised = at.told('phone', phone);
    this.port = port;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.meter = new Meter(context.counters);
    rtp.on('message', (packet, from) => this.#onPacket(packet, from, 'rtp'));
    rtcp.on('message', (packet, from) => this.#onPacket(packet, from, 'rtcp'));
    for (const socket of [rtp, rtcp]) {
      socket.on('error', (error) => {
        // ICMP errors of a phone that is gone; the signalling will tell.
        this.meter.rtp.errors++;
        context.log('debug', `RTP socket: ${error.message}`, { callId: context.callId });
      });
    }
  }

  /** Rejects with PortsExhausted when no pair can be bound. */
  static open(context: LegContext, family?: Family, phone?: string): Promise<PhoneLeg> {
    const at = interfaceFor(context.interfaces, family);
    return context.ports.open(async (port) => {
      const rtp = await bind(port, at.address);
      try {
        return new PhoneLeg(context, at, phone, port, rtp, await bind(port + 1, at.address));
      } catch (thrown) {
        rtp.close();
        await once(rtp, 'close');
        throw thrown;
      }
    });
  }

  /** Takes the addresses of the phone's SDP; undefined sends nothing (hold, or no address). */
  announce(rtp: Endpoint | undefined, rtcp: Endpoint | undefined, how: Announcement = {}): void {
    const now = performance.now();
    const addresses = [
      [this.#rtpLatch, rtp],
      [this.#rtcpLatch, rtcp],
    ] as const;
    for (const [latch, address] of addresses) {
      latch.handover = how.handover ?? false;
      latch.announce(address, now, how.signalledFrom);
    }
  }

  /** The attributes that describe this leg in an SDP; RTCP on the RTP port (RFC 5761) if wanted. */
  attributes(mux: 'no' | 'offered' | 'required'): string[] {
    if (mux === 'required') return [`rtcp:${this.port}`, 'rtcp-mux'];
    return [`rtcp:${this.port + 1}`, ...(mux === 'offered' ? ['rtcp-mux'] : [])];
  }

  join(other: Way): void {
    this.#other = other;
  }

  send(packet: Buffer, kind: 'rtp' | 'rtcp'): boolean {
    const isOnRtpPort = kind === 'rtp' || this.isMuxed;
    const target = isOnRtpPort ? this.#rtpLatch.target : this.#rtcpTarget();
    if (target === undefined || this.#closing !== undefined) return false;
    const socket = isOnRtpPort ? this.#rtp : this.#rtcp;
    socket.send(packet, target.port, target.address);
    return true;
  }

  streams(): readonly StreamState[] {
    const { rtp, rtcp } = this.meter;
    return [
      {
        kind: 'RTP',
        localPort: this.port,
        endpoint: this.#rtpLatch.target,
        announced: this.#rtpLatch.announced,
        confirmed: this.#rtpLatch.learned !== undefined,
        stats: rtp,
      },
      {
        kind: 'RTCP',
        localPort: this.port + 1,
        endpoint: this.#rtcpTarget(),
        announced: this.#rtcpLatch.announced,
        confirmed: this.#rtcpLatch.learned !== undefined,
        stats: rtcp,
      },
    ];
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#other = undefined;
      const closed = [this.#rtp, this.#rtcp].map((socket) => once(socket, 'close'));
      this.#rtp.close();
      this.#rtcp.close();
      await Promise.all(closed);
      this.#context.ports.giveBack(this.port);
    })();
    return this.#closing;
  }

  #onPacket(packet: Buffer, from: RemoteInfo, socket: 'rtp' | 'rtcp'): void {
    const kind = classify(packet);
    // RTCP on the RTP port is muxed RTCP and welcome; RTP on the RTCP port is not.
    if (!isMedia(kind) || (kind === 'rtp' && socket === 'rtcp')) {
      this.meter.malformed(socket);
      return;
    }
    const latch = socket === 'rtp' ? this.#rtpLatch : this.#rtcpLatch;
    if (!this.#admits(from.address) || !latch.accept(from, performance.now())) {
      this.meter.foreign();
      return;
    }
    handOn(packet, kind, this, this.#other);
  }

  /** Asked once for each change of address, not for each packet. */
  #admits(address: string): boolean {
    if (address === this.#admitted || this.#context.admits === undefined) return true;
    if (!this.#context.admits(address)) return false;
    this.#admitted = address;
    return true;
  }

  /** Until RTCP has come from somewhere: beside the place RTP comes from, when that was learned. */
  #rtcpTarget(): Endpoint | undefined {
    const { learned, announced } = this.#rtpLatch;
    const rtcp = this.#rtcpLatch;
    if (rtcp.learned !== undefined || learned === undefined) return rtcp.target;
    if (learned.address === announced?.address && learned.port === announced.port) {
      return rtcp.target;
    }
    return learned.port < MAX_PORT ? { ...learned, port: learned.port + 1 } : undefined;
  }
}

async function bind(port: number, address: string): Promise<Socket> {
  const family = isIPv6(address) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BUFFER,
    // Targets are always numeric. The default lookup would put every packet off by a tick.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port, address, exclusive: true });
    await listening;
    return socket;
  } catch (thrown) {
    socket.close();
    throw thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  }
}
