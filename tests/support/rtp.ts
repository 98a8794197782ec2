/**
 * RTP for tests: packets with known content, and a phone, which is two UDP sockets that keep what
 * they receive and can be waited on.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface RtpFields {
  readonly payloadType?: number;
  readonly marker?: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload?: Buffer;
}

export function rtpPacket(fields: RtpFields): Buffer {
  const { payloadType = 0, marker = false, payload = Buffer.alloc(160, fields.sequence) } = fields;
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payloadType | (marker ? 0x80 : 0);
  header.writeUInt16BE(fields.sequence & 0xffff, 2);
  header.writeUInt32BE(fields.timestamp >>> 0, 4);
  header.writeUInt32BE(fields.ssrc >>> 0, 8);
  return Buffer.concat([header, payload]);
}

/** A sender report without report blocks, and an SDES chunk, as every compound packet needs. */
export function senderReport(ssrc: number): Buffer {
  const report = Buffer.alloc(28);
  report.writeUInt32BE(0x80c80006, 0);
  report.writeUInt32BE(ssrc, 4);
  report.writeUInt32BE(1, 20);
  report.writeUInt32BE(160, 24);
  // One chunk: SSRC, CNAME of two bytes, end, padding.
  const sdes = Buffer.from('81ca0003000000000102616200000000', 'hex');
  sdes.writeUInt32BE(ssrc, 4);
  return Buffer.concat([report, sdes]);
}

/** Datagrams of one socket, in order, with a way to wait for the next. */
export class Inbox {
  readonly received: Buffer[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  push(packet: Buffer): void {
    this.received.push(packet);
    for (const waiter of [...this.#waiting]) {
      if (this.received.length < waiter.count) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  }

  /** Resolves with the first `count` packets, as soon as there are that many. */
  async first(count: number): Promise<readonly Buffer[]> {
    if (this.received.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    }
    return this.received.slice(0, count);
  }

  /** The next packet from now on. */
  async next(): Promise<Buffer | undefined> {
    const count = this.received.length + 1;
    return (await this.first(count))[count - 1];
  }

  /** Resolves when a packet that fits has come, now or before. */
  async until(fits: (packet: Buffer) => boolean): Promise<void> {
    for (let seen = 0; ; seen++) {
      const packet = (await this.first(seen + 1))[seen];
      if (packet !== undefined && fits(packet)) return;
    }
  }
}

export class RtpPhone {
  readonly rtp = new Inbox();
  readonly rtcp = new Inbox();
  readonly port: number;
  readonly #rtpSocket: Socket;
  readonly #rtcpSocket: Socket;
  readonly #host: string;
  #target = 0;

  private constructor(host: string, rtp: Socket, rtcp: Socket) {
    this.#host = host;
    this.#rtpSocket = rtp;
    this.#rtcpSocket = rtcp;
    this.port = rtp.address().port;
    rtp.on('message', (packet) => this.rtp.push(packet));
    rtcp.on('message', (packet) => this.rtcp.push(packet));
  }

  static async open(host = '127.0.0.1'): Promise<RtpPhone> {
    return new RtpPhone(host, await openSocket(host), await openSocket(host));
  }

  get rtcpPort(): number {
    return this.#rtcpSocket.address().port;
  }

  /** An SDP as MicroSIP writes it. */
  sdp(options: { direction?: string; formats?: string; address?: string; port?: number } = {}) {
    const { direction = 'sendrecv', formats = '8 0 101', address = this.#host } = options;
    const at = `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
    const lines = [
      'v=0',
      `o=- 4004319936 4004319936 ${at}`,
      's=pjmedia',
      'b=AS:84',
      't=0 0',
      'a=X-nat:0',
      `m=audio ${options.port ?? this.port} RTP/AVP ${formats}`,
      `c=${at}`,
      'b=TIAS:64000',
      `a=rtcp:${options.port === undefined ? this.rtcpPort : options.port + 1} ${at}`,
      `a=${direction}`,
      ...(formats.includes('8') ? ['a=rtpmap:8 PCMA/8000'] : []),
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=ptime:20',
    ];
    return lines.map((line) => `${line}\r\n`).join('');
  }

  /** Takes the relay's address out of its SDP. */
  connect(sdp: string): void {
    this.#target = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
  }

  get target(): number {
    return this.#target;
  }

  send(packet: Buffer): void {
    this.#rtpSocket.send(packet, this.#target, this.#host);
  }

  sendRtcp(packet: Buffer): void {
    this.#rtcpSocket.send(packet, this.#target + 1, this.#host);
  }

  async close(): Promise<void> {
    for (const socket of [this.#rtpSocket, this.#rtcpSocket]) {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    }
  }
}

/** A UDP socket on loopback. */
export async function openSocket(host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const listening = once(socket, 'listening');
  socket.bind(0, host);
  await listening;
  return socket;
}
