/**
 * A SIP peer made of bytes: it sends what it is told and hands out what it receives, in order.
 * No transactions, no dialogs: the tests say every message.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import {
  parseMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../../signaling/sip/message.ts';
import { StreamFramer } from '../../../signaling/sip/stream-framer.ts';
import type { Endpoint } from '../../../signaling/sip/transport.ts';

export const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 4000 RTP/AVP 0',
  'a=sendrecv',
  '',
].join('\r\n');

export const SDP2 = SDP.replace('4000', '5000');

const PATIENCE_MS = 60_000;

let counter = 0;
export const unique = (prefix: string): string => `${prefix}${process.pid}x${++counter}`;

interface Line {
  send(data: Buffer): void;
  close(): Promise<void> | void;
}

export class Peer {
  readonly local: Endpoint;
  /** Everything that came and was not handed out. */
  readonly queue: SipMessage[] = [];
  /** Pongs and other bytes that are no SIP. */
  readonly raw: Buffer[] = [];
  /** Answers every request with 200 by itself: so that nobody waits for one whose test is over. */
  agrees = false;
  private waiting: (() => void)[] = [];
  private readonly line: Line;

  constructor(line: Line, local: Endpoint) {
    this.line = line;
    this.local = local;
  }

  receive(data: Buffer): void {
    if (data.length < 5) this.raw.push(data);
    else {
      const message = parseMessage(data);
      this.queue.push(message);
      if (this.agrees && message.kind === 'request' && message.method !== 'ACK')
        this.answer(message, 200);
    }
    for (const wake of this.waiting.splice(0)) wake();
  }

  send(text: string, body = ''): void {
    const head = text.trim().replace(/\r?\n/g, '\r\n');
    const length = /content-length/i.test(head)
      ? ''
      : `\r\nContent-Length: ${Buffer.byteLength(body)}`;
    this.line.send(Buffer.from(`${head}${length}\r\n\r\n${body}`));
  }

  sendRaw(data: string | Buffer): void {
    this.line.send(Buffer.from(data));
  }

  /** The next message that fits; those before it are dropped. */
  async next(
    fits: (message: SipMessage) => boolean = () => true,
    patienceMs = PATIENCE_MS,
  ): Promise<SipMessage> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      for (let head = this.queue.shift(); head !== undefined; head = this.queue.shift())
        if (fits(head)) return head;
      await this.wake(deadline);
    }
  }

  async request(method: string): Promise<SipRequest> {
    const message = await this.next((m) => m.kind === 'request' && m.method === method);
    return message as SipRequest;
  }

  /** The next response with that status; for a request method when given. */
  async response(status: number, method?: string): Promise<SipResponse> {
    const message = await this.next(
      (m) =>
        m.kind === 'response' &&
        m.status === status &&
        (method === undefined || m.cseq?.method === method),
    );
    return message as SipResponse;
  }

  async rawBytes(): Promise<string> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.raw.length === 0) await this.wake(deadline);
    return this.raw.shift()?.toString() ?? '';
  }

  /** Answers a request with its own headers and what is added. */
  answer(request: SipRequest, status: number, extra = '', body = '', tag = 'peer'): void {
    const to = request.headers.get('to') ?? '';
    const lines = [
      `SIP/2.0 ${status} Whatever`,
      ...request.headers.all('via').map((via) => `Via: ${via}`),
      ...request.headers.all('record-route').map((route) => `Record-Route: ${route}`),
      `From: ${request.headers.get('from') ?? ''}`,
      `To: ${status > 100 && request.toTag === '' ? `${to};tag=${tag}` : to}`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${request.headers.get('cseq') ?? ''}`,
      ...(extra === '' ? [] : [extra]),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ];
    this.send(lines.join('\n'), body);
  }

  async close(): Promise<void> {
    await this.line.close();
  }

  private wake(deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('the expected SIP message did not come')),
        Math.max(0, deadline - Date.now()),
      );
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

export async function udpPeer(server: Endpoint, address = '127.0.0.1'): Promise<Peer> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const line = {
    send: (data: Buffer): void => socket.send(data, server.port, server.address),
    close: (): Promise<void> => new Promise((resolve) => socket.close(() => resolve())),
  };
  const peer = new Peer(line, socket.address());
  socket.on('message', (data) => peer.receive(data));
  return peer;
}

export async function tcpPeer(server: Endpoint): Promise<Peer> {
  const socket = connect(server.port, server.address);
  await once(socket, 'connect');
  return streamPeer(socket);
}

function streamPeer(socket: Socket): Peer {
  const framer = new StreamFramer(1_048_576);
  const line = {
    send: (data: Buffer): void => void socket.write(data),
    close: (): void => void socket.destroy(),
  };
  const { address, port } = socket.address() as AddressInfo;
  const peer = new Peer(line, { address, port });
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    if (data.length < 5) peer.receive(data);
    else for (const item of framer.push(data)) if (item !== 'ping') peer.receive(item);
  });
  return peer;
}

/** Trusts that certificate alone. */
export async function tlsPeer(server: Endpoint, ca: string): Promise<Peer> {
  const socket = connectTls({ host: server.address, port: server.port, ca });
  await once(socket, 'secureConnect');
  return streamPeer(socket);
}

export async function wsPeer(server: Endpoint): Promise<Peer> {
  const socket = new WebSocket(`ws://${server.address}:${server.port}/`, 'sip');
  await once(socket, 'open');
  if (socket.protocol !== 'sip') throw new Error('the subprotocol was not accepted');
  const line = {
    send: (data: Buffer): void => socket.send(data, { binary: false }),
    close: async (): Promise<void> => {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.terminate();
      await closed;
    },
  };
  const peer = new Peer(line, { address: 'client.invalid', port: 0 });
  socket.on('message', (data, isBinary) => {
    if (isBinary) throw new Error('SIP came as a binary frame');
    peer.receive(data as Buffer);
  });
  return peer;
}

export interface CallText {
  readonly callId: string;
  readonly tag: string;
}

/** The text of a request of a peer, without its body. */
export function text(
  peer: Peer,
  method: string,
  options: {
    readonly uri?: string;
    readonly callId?: string;
    readonly fromTag?: string;
    readonly to?: string;
    readonly cseq?: number;
    readonly branch?: string;
    readonly via?: string;
    readonly headers?: readonly string[];
  } = {},
): string {
  const { address, port } = peer.local;
  const via = options.via ?? `SIP/2.0/UDP ${address}:${port}`;
  return [
    `${method} ${options.uri ?? 'sip:app@127.0.0.1'} SIP/2.0`,
    `Via: ${via};branch=${options.branch ?? unique('z9hG4bK')}`,
    'Max-Forwards: 70',
    `From: <sip:alice@127.0.0.1>;tag=${options.fromTag ?? 'alice'}`,
    `To: ${options.to ?? '<sip:app@127.0.0.1>'}`,
    `Call-ID: ${options.callId ?? unique('call')}`,
    `CSeq: ${options.cseq ?? 1} ${method}`,
    ...(options.headers ?? []),
  ].join('\n');
}
