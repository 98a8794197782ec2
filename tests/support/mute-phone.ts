/**
 * A phone whose SIP comes through and whose voice does not, as behind a firewall that knows nothing of
 * RTP: registers, calls, and never sends a packet of audio. A few datagrams are all it takes.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export class MutePhone {
  readonly #socket: Socket;
  readonly #server: { readonly host: string; readonly port: number };
  readonly #user: string;
  #cseq = 0;

  private constructor(socket: Socket, server: { host: string; port: number }, user: string) {
    this.#socket = socket;
    this.#server = server;
    this.#user = user;
  }

  static async create(server: { host: string; port: number }, user: string): Promise<MutePhone> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new MutePhone(socket, server, user);
  }

  async register(): Promise<void> {
    await this.#ask('REGISTER', `${this.#user}@127.0.0.1`, 'register', ['Expires: 300']);
  }

  /** @returns what hangs up. */
  async call(to: string): Promise<() => Promise<void>> {
    const id = `mute-${this.#socket.address().port}`;
    const sdp = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      // Discard: what is sent there is nobody's.
      'm=audio 9 RTP/AVP 0',
      '',
    ].join('\r\n');
    const answer = await this.#ask('INVITE', `${to}@127.0.0.1`, id, [], sdp);
    const tag = /^To:.*;tag=([^\s;]+)/im.exec(answer)?.[1] ?? '';
    this.#send('ACK', `${to}@127.0.0.1`, id, this.#cseq, [], '', tag);
    return async () => {
      await this.#ask('BYE', `${to}@127.0.0.1`, id, [], '', tag);
    };
  }

  close(): void {
    this.#socket.close();
  }

  /** Its final answer. */
  async #ask(
    method: string,
    to: string,
    callId: string,
    headers: readonly string[],
    body = '',
    toTag = '',
  ): Promise<string> {
    this.#cseq += 1;
    const cseq = this.#cseq;
    const answered = new Promise<string>((resolve) => {
      const take = (data: Buffer) => {
        const text = data.toString();
        const isFinal = /^SIP\/2\.0 [2-6]/.test(text);
        if (!isFinal || !text.includes(`CSeq: ${cseq} ${method}`)) return;
        this.#socket.off('message', take);
        resolve(text);
      };
      this.#socket.on('message', take);
    });
    this.#send(method, to, callId, cseq, headers, body, toTag);
    return answered;
  }

  #send(
    method: string,
    to: string,
    callId: string,
    cseq: number,
    headers: readonly string[],
    body: string,
    toTag: string,
  ): void {
    const { port } = this.#socket.address();
    const { host, port: serverPort } = this.#server;
    const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : `sip:${to}`;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=z9hG4bK${method}${cseq}`,
      'Max-Forwards: 70',
      `From: <sip:${this.#user}@127.0.0.1>;tag=mute`,
      `To: <sip:${to}>${toTag === '' ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:${this.#user}@127.0.0.1:${port}>`,
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, serverPort, host);
  }
}
