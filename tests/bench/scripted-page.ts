/**
 * A page made of text: registers over WebSocket, picks up every call at once with an answer a browser
 * could have written, and agrees to every goodbye. It sends no media: its ICE never begins.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { parseChallenge, writeAuthorization } from '../../softphone/digest.ts';

const COPIED = /^(Via|From|To|Call-ID|CSeq|Record-Route):.*$/gim;
const CONTACT = '<sip:page@bench.invalid;transport=ws>';
/** What it logs in with. */
export const PAGE = { user: 'page', password: 'bench' };
const REGISTRAR = 'sip:127.0.0.1';
const FINGERPRINT = Array(32).fill('AB').join(':');

export class ScriptedPage {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#receive((data as Buffer).toString()));
  }

  /** @param port of the SIP server's WebSocket. Resolves when it is registered. */
  static async open(port: number): Promise<ScriptedPage> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'sip');
    await once(socket, 'open');
    const register = async (cseq: number, authorization: string): Promise<string> => {
      const answered = once(socket, 'message');
      socket.send(
        [
          `REGISTER ${REGISTRAR} SIP/2.0`,
          `Via: SIP/2.0/WS bench.invalid;branch=z9hG4bKpage${cseq}`,
          'Max-Forwards: 70',
          'From: <sip:page@127.0.0.1>;tag=page',
          'To: <sip:page@127.0.0.1>',
          'Call-ID: page@bench',
          `CSeq: ${cseq} REGISTER`,
          `Contact: ${CONTACT}`,
          'Expires: 3600',
          ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
          'Content-Length: 0',
          '',
          '',
        ].join('\r\n'),
      );
      const [reply] = (await answered) as [Buffer];
      return reply.toString();
    };
    const challenged = await register(1, '');
    const challenge = parseChallenge(/^WWW-Authenticate:\s*(.*)$/im.exec(challenged)?.[1] ?? '');
    if (challenge === undefined) throw new Error('the page is not challenged');
    const request = { method: 'REGISTER', uri: REGISTRAR, cnonce: 'bench', nonceCount: 1 };
    const credentials = { username: PAGE.user, password: PAGE.password };
    const reply = await register(2, writeAuthorization(challenge, credentials, request));
    if (!reply.startsWith('SIP/2.0 200')) throw new Error('the page is not registered');
    return new ScriptedPage(socket);
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #receive(text: string): void {
    if (text.startsWith('SIP/2.0') || text.startsWith('ACK ')) return;
    const copied = (text.match(COPIED) ?? []).map((line) =>
      /^To:/i.test(line) && !line.includes(';tag=') ? `${line.trim()};tag=page` : line.trim(),
    );
    const body = text.startsWith('INVITE ') ? answerTo(text) : '';
    const lines = [
      'SIP/2.0 200 OK',
      ...copied,
      `Contact: ${CONTACT}`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }
}

function answerTo(offer: string): string {
  const mid = /^a=mid:(\S+)/m.exec(offer)?.[1] ?? '0';
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    'a=ice-ufrag:bench',
    'a=ice-pwd:benchbenchbenchbenchbench',
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    'a=setup:active',
    'a=rtcp-mux',
    'a=sendrecv',
    'a=rtpmap:0 PCMU/8000',
    '',
  ].join('\r\n');
}
