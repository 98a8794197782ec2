/**
 * A network that loses and delays, between the phone and the bridge. SIP passes through unharmed,
 * except that the address of the media in answers becomes that of a relay here, which drops a share
 * of the phone's packets and delays each of the rest by a time of its own, so that they overtake
 * one another. The way back is left alone: it is the phone's own business.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { openSocket } from '../support/rtp.ts';

export interface Impairment {
  /** 0 to 1. */
  readonly loss: number;
  /** Each packet is delayed by 0 to this, evenly distributed. */
  readonly jitterMs: number;
}

export class BadNetwork {
  readonly #impairment: Impairment;
  readonly #server: { readonly host: string; readonly port: number };
  readonly #sip: Socket;
  readonly #rtp: Socket;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #random: () => number;
  #phoneSip: RemoteInfo | undefined;
  #phoneRtp: RemoteInfo | undefined;
  #enginePort = 0;
  lost = 0;
  /** Which of the phone's packets, counted from 0. */
  readonly lostPackets: number[] = [];
  passed = 0;

  private constructor(
    impairment: Impairment,
    server: { readonly host: string; readonly port: number },
    sip: Socket,
    rtp: Socket,
  ) {
    this.#impairment = impairment;
    this.#server = server;
    this.#sip = sip;
    this.#rtp = rtp;
    this.#random = seeded(1);
    sip.on('message', (datagram, from) => this.#passSip(datagram, from));
    rtp.on('message', (datagram, from) => this.#passRtp(datagram, from));
  }

  static async open(
    impairment: Impairment,
    server: { readonly host: string; readonly port: number },
  ): Promise<BadNetwork> {
    return new BadNetwork(impairment, server, await openSocket(), await openSocket());
  }

  /** What the phone takes for its server. */
  get server(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#sip.address().port };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of [this.#sip, this.#rtp]) {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
  }

  #passSip(datagram: Buffer, from: RemoteInfo): void {
    if (from.port !== this.#server.port) {
      this.#phoneSip = from;
      this.#sip.send(datagram, this.#server.port, this.#server.host);
    } else if (this.#phoneSip) {
      const { port, address } = this.#phoneSip;
      this.#sip.send(this.#divert(datagram.toString('latin1')), port, address);
    }
  }

  /** Puts the relay's port into an SDP, and the new length into the header. */
  #divert(message: string): Buffer {
    const [head = '', ...rest] = message.split('\r\n\r\n');
    const body = rest.join('\r\n\r\n');
    const port = /^m=audio (\d+)/m.exec(body)?.[1];
    if (port === undefined) return Buffer.from(message, 'latin1');
    this.#enginePort = Number(port);
    const diverted = body.replace(/^m=audio \d+/m, `m=audio ${this.#rtp.address().port}`);
    const length = head.replace(/^Content-Length:.*$/im, `Content-Length: ${diverted.length}`);
    return Buffer.from(`${length}\r\n\r\n${diverted}`, 'latin1');
  }

  #passRtp(datagram: Buffer, from: RemoteInfo): void {
    if (from.port === this.#enginePort) {
      if (this.#phoneRtp) {
        this.#rtp.send(datagram, this.#phoneRtp.port, this.#phoneRtp.address);
      }
      return;
    }
    this.#phoneRtp = from;
    if (this.#random() < this.#impairment.loss) {
      this.lostPackets.push(this.lost + this.passed);
      this.lost++;
      return;
    }
    this.passed++;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#rtp.send(datagram, this.#enginePort, '127.0.0.1');
    }, this.#random() * this.#impairment.jitterMs);
    this.#timers.add(timer);
  }
}

/** The same bad luck in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
