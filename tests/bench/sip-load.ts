/**
 * Callers, callees and registrants made of bytes: as little as a SIP peer can be, so that its own
 * cost does not limit what is measured. A fixed number of them is busy at any time; each begins
 * anew when it is done.
 */
import type { Socket } from 'node:dgram';
import { openSocket } from '../support/rtp.ts';

export const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n');

const STALLED_MS = 5000;
/** Headers a response copies from its request (RFC 3261 section 8.2.6.2). */
const COPIED = /^(Via|From|To|Call-ID|CSeq|Record-Route):.*$/gim;

export interface LoadResult {
  readonly done: number;
  readonly failed: number;
  readonly seconds: number;
}

export class SipLoad {
  readonly #socket: Socket;
  readonly #server: number;
  readonly #port: number;
  #serial = 0;
  #onResponse: (callId: string, cseq: string, status: number, text: string) => void = () =>
    undefined;

  private constructor(socket: Socket, server: number) {
    this.#socket = socket;
    this.#server = server;
    this.#port = socket.address().port;
    socket.on('message', (datagram) => this.#receive(datagram.toString('latin1')));
  }

  static async open(server: number): Promise<SipLoad> {
    return new SipLoad(await openSocket(), server);
  }

  registrations(count: number, busy: number): Promise<LoadResult> {
    return this.#run(count, busy, 'REGISTER', (_id, cseq, status) =>
      cseq === 'REGISTER' && status >= 200 ? status === 200 : undefined,
    );
  }

  /** INVITE, 200, ACK, BYE, 200; `to` is the user part that is called. */
  calls(count: number, busy: number, to: string): Promise<LoadResult> {
    return this.#run(
      count,
      busy,
      'INVITE',
      (id, cseq, status, text) => {
        if (status < 200) return undefined;
        if (cseq === 'BYE') return status === 200;
        if (cseq !== 'INVITE') return undefined;
        const tag = /^To:.*;tag=([^;\s]+)/im.exec(text)?.[1] ?? '';
        const target = /^Contact:\s*<([^>]+)>/im.exec(text)?.[1] ?? this.#uri(to);
        this.#send('ACK', id, target, to, 1, `;tag=${tag}`);
        if (status !== 200) return false;
        this.#send('BYE', id, target, to, 2, `;tag=${tag}`);
        return undefined;
      },
      to,
    );
  }

  /** The port on which calls are answered, which is the one they are made from. */
  get port(): number {
    return this.#port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  /** @param judge true = done, false = failed, undefined = goes on. */
  #run(
    count: number,
    busy: number,
    method: 'REGISTER' | 'INVITE',
    judge: (id: string, cseq: string, status: number, text: string) => boolean | undefined,
    to = 'phone',
  ): Promise<LoadResult> {
    return new Promise((resolve) => {
      const open = new Set<string>();
      let [begun, done, failed] = [0, 0, 0];
      const start = performance.now();
      let last = start;
      const begin = () => {
        begun++;
        const id = `${method}-${++this.#serial}@bench`;
        open.add(id);
        const uri = method === 'REGISTER' ? `sip:127.0.0.1:${this.#server}` : this.#uri(to);
        this.#send(method, id, uri, to, 1, '', method === 'INVITE' ? SDP : '');
      };
      const finish = () => {
        clearInterval(watch);
        this.#onResponse = () => undefined;
        resolve({ done, failed: failed + open.size, seconds: (last - start) / 1000 });
      };
      const watch = setInterval(() => {
        if (performance.now() - last > STALLED_MS) finish();
      }, 500);
      this.#onResponse = (id, cseq, status, text) => {
        if (!open.has(id)) return;
        const good = judge(id, cseq, status, text);
        if (good === undefined) return;
        open.delete(id);
        last = performance.now();
        if (good) done++;
        else failed++;
        if (begun < count) begin();
        else if (open.size === 0) finish();
      };
      for (let i = 0; i < Math.min(busy, count); i++) begin();
    });
  }

  #uri(user: string): string {
    return `sip:${user}@127.0.0.1:${this.#server}`;
  }

  #send(
    method: string,
    id: string,
    uri: string,
    to: string,
    cseq: number,
    toTag: string,
    body = '',
  ): void {
    const user = method === 'REGISTER' ? `u${id.slice(9, -6)}` : 'caller';
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.#port};rport;branch=z9hG4bK${method}${id.slice(0, -6)}`,
      'Max-Forwards: 70',
      `From: <sip:${user}@127.0.0.1>;tag=${id.slice(0, -6)}`,
      `To: <sip:${method === 'REGISTER' ? user : to}@127.0.0.1>${toTag}`,
      `Call-ID: ${id}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:${user}@127.0.0.1:${this.#port}>`,
      ...(method === 'REGISTER' ? ['Expires: 300'] : []),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, this.#server, '127.0.0.1');
  }

  #receive(text: string): void {
    const status = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1];
    if (status === undefined) {
      this.#answer(text);
      return;
    }
    const id = /^Call-ID:\s*(\S+)/im.exec(text)?.[1] ?? '';
    const cseq = /^CSeq:\s*\d+\s+(\S+)/im.exec(text)?.[1] ?? '';
    this.#onResponse(id, cseq, Number(status), text);
  }

  /** Picks up at once, and agrees to every goodbye. */
  #answer(request: string): void {
    const method = /^\S+/.exec(request)?.[0] ?? '';
    if (method === 'ACK') return;
    const copied = (request.match(COPIED) ?? []).map((line) =>
      /^To:/i.test(line) && !line.includes(';tag=') ? `${line.trim()};tag=callee` : line.trim(),
    );
    const body = method === 'INVITE' ? SDP : '';
    const lines = [
      'SIP/2.0 200 OK',
      ...copied,
      `Contact: <sip:callee@127.0.0.1:${this.#port}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, this.#server, '127.0.0.1');
  }
}
