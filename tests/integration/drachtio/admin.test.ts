/** The admin protocol itself, spoken by hand. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frame, FrameReader } from '../../../signaling/drachtio/framing.ts';
import { embeddedOnly, testDrachtio, type TestDrachtio } from '../../support/drachtio.ts';
import { text, udpPeer } from './peer.ts';

let drachtio: TestDrachtio;
const sockets: Socket[] = [];

beforeAll(async () => {
  drachtio = await testDrachtio();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => drachtio.close());

class Client {
  readonly socket: Socket;
  private readonly payloads: string[] = [];
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    sockets.push(socket);
    const reader = new FrameReader();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.payloads.push(...reader.push(chunk).map(String));
      this.wake();
    });
  }

  send(payload: string): this {
    this.socket.write(frame(payload));
    return this;
  }

  /** The next payload's fields, without the server's own id. */
  async next(): Promise<string[]> {
    while (this.payloads.length === 0) await new Promise<void>((wake) => (this.wake = wake));
    return (this.payloads.shift() ?? '').split('|').slice(1);
  }

  async authenticated(): Promise<this> {
    this.send(`a|authenticate|${drachtio.admin.secret}|`);
    await this.next();
    return this;
  }
}

async function client(): Promise<Client> {
  const socket = connect(drachtio.admin.port, drachtio.admin.host);
  await once(socket, 'connect');
  return new Client(socket);
}

describe('Rows authenticate, ping, route, remove_route, framing: the admin connection', () => {
  it('greets an application that knows the secret', async () => {
    const app = await client();
    app.send(`id1|authenticate|${drachtio.admin.secret}|tag1,tag2`);
    const [type, id, ok, hostports, version, local] = await app.next();
    expect([type, id, ok]).toEqual(['response', 'id1', 'OK']);
    expect(version).toMatch(/^v\d+\.\d+\.\d+/);
    for (const list of [hostports, local])
      expect(
        list
          ?.split(',')
          .sort()
          .map((entry) => entry.replace(/:\d+$/, '')),
      ).toEqual(['tcp/127.0.0.1', 'udp/127.0.0.1', 'ws/127.0.0.1']);
    app.send(`id2|authenticate|${drachtio.admin.secret}`);
    expect((await app.next()).slice(0, 3)).toEqual(['response', 'id2', 'OK']);
  });

  it('refuses a wrong secret and closes', async () => {
    const app = await client();
    const closed = once(app.socket, 'close');
    app.send('id|authenticate|wrong|');
    expect(await app.next()).toEqual(['response', 'id', 'NO', 'incorrect secret']);
    await closed;
  });

  it('answers ping, route and remove_route, repeated or unknown', async () => {
    const app = await (await client()).authenticated();
    app.send('1|ping').send('2|route|info').send('3|route|info').send('4|remove_route|nothing');
    app.send('5|route|cdr:start').send('6|remove_route|info');
    expect(await app.next()).toEqual(['response', '1', 'OK', 'pong']);
    for (const id of ['2', '3', '4', '5', '6'])
      expect(await app.next()).toEqual(['response', id, 'OK']);
  });

  it.each([
    ['an unknown type', 'id|foo|bar', ['response', 'id', 'NO', 'Unknown message type']],
    [
      'a response without transaction',
      'id|sip||\r\nSIP/2.0 200 OK\r\n\r\n',
      ['response', 'id', 'NO', 'transaction id missing'],
    ],
  ])('answers %s with NO and closes', async (_what, payload, answer) => {
    const app = await (await client()).authenticated();
    const closed = once(app.socket, 'close');
    app.send(payload);
    expect(await app.next()).toEqual(answer);
    await closed;
  });

  it.for(['123456#x', '12 #x', 'x', '#'])('closes on the length %j', async (bytes, context) => {
    if (bytes === '#') embeddedOnly(context, 'the C++ server waits for more');
    const app = await (await client()).authenticated();
    const closed = once(app.socket, 'close');
    app.socket.write(bytes);
    await closed;
  });

  it('does nothing for who has not authenticated', async (context) => {
    embeddedOnly(context, 'the C++ server does not ask for the secret again');
    const app = await client();
    const closed = once(app.socket, 'close');
    app.send('id|route|invite');
    expect(await app.next()).toEqual(['response', 'id', 'NO', 'not authenticated']);
    await closed;
  });

  it('reassembles a request from single bytes and takes bytes, not characters', async () => {
    const phone = await udpPeer(drachtio.sip('udp'));
    const app = await (await client()).authenticated();
    const body = 'grüße 👋';
    const payload = `id|sip||\r\nMESSAGE sip:x@127.0.0.1:${phone.local.port} SIP/2.0\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n${body}`;
    for (const byte of frame(payload)) app.socket.write(Buffer.from([byte]));
    const request = await phone.request('MESSAGE');
    expect(request.body.toString()).toBe(body);
    expect((await app.next()).slice(0, 3)).toEqual(['response', 'id', 'OK']);
    await phone.close();
  });

  it('takes frames of more than 12 kB, in both directions', async (context) => {
    embeddedOnly(context, 'the C++ server’s buffer is smaller');
    const phone = await udpPeer(drachtio.sip('udp'));
    const app = await (await client()).authenticated();
    app.send('r|route|message');
    await app.next();
    const body = 'x'.repeat(40_000);
    app.send(
      `id|sip||\r\nMESSAGE sip:x@127.0.0.1:${phone.local.port} SIP/2.0\r\nContent-Type: text/plain\r\n\r\n${body}`,
    );
    const request = await phone.request('MESSAGE');
    expect(request.body.toString()).toBe(body);
    phone.answer(request, 200);
    await app.next();
    expect((await app.next())[0]).toBe('sip');
    phone.send(text(phone, 'MESSAGE', { headers: ['Content-Type: text/plain'] }), body);
    expect((await app.next()).at(-1)).toContain(body);
    await phone.close();
  });
});
