/**
 * What the server answers by itself, by the sections that ask for it. Each runs against a real
 * drachtio as well; where that one does otherwise, the note with the skipped test says what it does.
 */
import { readFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  disconnect,
  embeddedOnly,
  EXTERNAL,
  testDrachtio,
  type Srf,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, tcpPeer, text, udpPeer, unique, wsPeer, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let phone: Peer;
let app: Srf;
let asked: string[];

const contact = (): string => `Contact: <sip:alice@127.0.0.1:${phone.local.port}>`;

async function start(options: Parameters<typeof testDrachtio>[0] = {}): Promise<void> {
  drachtio = await testDrachtio(options);
  phone = await udpPeer(drachtio.sip('udp'));
  asked = [];
  app = await drachtio.app((srf) => {
    for (const method of ['options', 'register', 'message'])
      srf.use(method, (req, res) => {
        asked.push(req.method);
        res.send(200, { headers: { Contact: '<sip:x@127.0.0.1>;expires=60' } });
      });
    srf.invite((req, res) => {
      asked.push(req.method);
      srf.createUAS(req, res, { localSdp: SDP2 }).catch(() => undefined);
    });
  });
}
async function stop(): Promise<void> {
  disconnect(app);
  await phone.close();
  await drachtio.close();
}
beforeEach(() => start());
afterEach(stop);

const SILENT = 'the C++ server drops it without a word';

describe('RFC 3261 §8.2 requests that nobody could serve', () => {
  it('§8.2.1 an unknown method: 501, with Allow', async (context) => {
    embeddedOnly(context, SILENT);
    phone.send(text(phone, 'NONSENSE'));
    const refusal = await phone.response(501);
    expect(refusal.headers.list('allow')).toEqual(
      expect.arrayContaining([
        'INVITE',
        'ACK',
        'BYE',
        'CANCEL',
        'OPTIONS',
        'REGISTER',
        'UPDATE',
        'PRACK',
      ]),
    );
  });

  it('§8.2.1 REFER outside a dialog when no application takes it: 405, with Allow', async (context) => {
    embeddedOnly(context, SILENT);
    phone.send(text(phone, 'REFER', { headers: [contact(), 'Refer-To: <sip:x@127.0.0.1>'] }));
    expect((await phone.response(405)).headers.has('allow')).toBe(true);
  });

  it('§8.2.2.1 a URI scheme that nobody knows: 416', async (context) => {
    embeddedOnly(context, SILENT);
    phone.send(text(phone, 'OPTIONS', { uri: 'nobodyKnowsThisScheme:totallyopaquecontent' }));
    await phone.response(416);
    expect(asked).toEqual([]);
  });

  it('§8.2.2.3 an extension that nobody knows: 420 with Unsupported, whatever the application', async (context) => {
    embeddedOnly(context, 'the C++ server leaves it to the application');
    phone.send(
      text(phone, 'INVITE', {
        headers: [contact(), 'Require: timer, nothingSupportsThis', 'Require: norThis'],
      }),
    );
    const refusal = await phone.response(420);
    expect(refusal.headers.list('unsupported')).toEqual(['nothingSupportsThis', 'norThis']);
    expect(asked).toEqual([]);
  });

  it('§8.2.2.3 one that is known goes to the application', async () => {
    phone.send(text(phone, 'OPTIONS', { headers: ['Require: timer'] }));
    await phone.response(200);
    expect(asked).toEqual(['OPTIONS']);
  });

  it('§16.3 Max-Forwards 0: 483', async (context) => {
    embeddedOnly(context, 'the C++ server counts hops only as a proxy');
    phone.send(text(phone, 'OPTIONS').replace('Max-Forwards: 70', 'Max-Forwards: 0'));
    await phone.response(483);
  });
});

describe('RFC 3261 §18 transport', () => {
  it('§18.2.2, RFC 3581: the answer goes to the source, maddr or not', async (context) => {
    embeddedOnly(context, 'the C++ server answers to the maddr');
    const via = `SIP/2.0/UDP 192.0.2.1:9;maddr=192.0.2.2`;
    phone.send(text(phone, 'OPTIONS', { via }));
    const ok = await phone.response(200);
    expect(ok.via?.params.get('received')).toBe('127.0.0.1');
    expect(ok.via?.params.get('rport')).toBe(String(phone.local.port));
  });

  it('§18.3 a stream in single bytes, and two messages in one segment', async () => {
    const tcp = await tcpPeer(drachtio.sip('tcp'));
    const first = `${text(tcp, 'OPTIONS', { via: 'SIP/2.0/TCP 127.0.0.1' }).replaceAll('\n', '\r\n')}\r\nContent-Length: 0\r\n\r\n`;
    const second = first
      .replace(/branch=\S+/, `branch=${unique('z9hG4bK')}`)
      .replace('CSeq: 1', 'CSeq: 2');
    for (const byte of Buffer.from(first)) tcp.sendRaw(Buffer.from([byte]));
    await tcp.response(200);
    const third = second
      .replace(/branch=\S+/, `branch=${unique('z9hG4bK')}`)
      .replace('CSeq: 2', 'CSeq: 3');
    tcp.sendRaw(`${second}${third}`);
    expect((await tcp.response(200)).cseq?.number).toBe(2);
    expect((await tcp.response(200)).cseq?.number).toBe(3);
    await tcp.close();
  });

  it('§7.5 CRLFs in front of a message are skipped', async (context) => {
    embeddedOnly(context, 'the C++ server loses the message behind a single CRLF');
    const tcp = await tcpPeer(drachtio.sip('tcp'));
    const message = text(tcp, 'OPTIONS', { via: 'SIP/2.0/TCP 127.0.0.1' }).replaceAll('\n', '\r\n');
    tcp.sendRaw(`\r\n${message}\r\nContent-Length: 0\r\n\r\n`);
    await tcp.response(200);
    await tcp.close();
  });

  it('RFC 5923: a request to a peer goes over the connection that it opened', async () => {
    const tcp = await tcpPeer(drachtio.sip('tcp'));
    const { address, port } = tcp.local;
    const request = app.request(`sip:bob@${address}:${port};transport=tcp`, { method: 'OPTIONS' });
    const message = await tcp.request('OPTIONS');
    expect(message.via?.transport).toBe('TCP');
    tcp.answer(message, 200);
    await request;
    await tcp.close();
  });
});

describe('RFC 7118 WebSocket', () => {
  const options = (): Buffer =>
    Buffer.from(
      `${text(phone, 'OPTIONS', { via: 'SIP/2.0/WS x.invalid' }).replaceAll('\n', '\r\n')}\r\nContent-Length: 0\r\n\r\n`,
    );

  it.each([
    ['text', false],
    ['binary', true],
  ])('§5 takes SIP in a %s frame, answers in text', async (_kind, binary) => {
    const { address, port } = drachtio.sip('ws');
    const socket = new WebSocket(`ws://${address}:${port}`, 'sip');
    await once(socket, 'open');
    const answer = once(socket, 'message');
    socket.send(options(), { binary });
    const [data, isBinary] = (await answer) as [Buffer, boolean];
    expect(data.toString()).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    expect(isBinary).toBe(false);
    socket.terminate();
  });

  it('§6 answers a ping frame, and a close with a close', async () => {
    const { address, port } = drachtio.sip('ws');
    const socket = new WebSocket(`ws://${address}:${port}`, 'sip');
    await once(socket, 'open');
    const pong = once(socket, 'pong');
    socket.ping('alive?');
    expect(String((await pong)[0])).toBe('alive?');
    const closed = once(socket, 'close');
    socket.close(1000);
    await closed;
  });
});

describe('RFC 3261 §13.2.2.4 two answers to one INVITE (forking)', () => {
  it('the second dialog is acknowledged and ended; the first goes on', async (context) => {
    embeddedOnly(context, 'the C++ server leaves the second call up');
    const uri = `sip:bob@127.0.0.1:${phone.local.port}`;
    const frames: string[] = [];
    app.app.client.wp.on('msg', (_socket, frame) => frames.push(frame));
    const made = app.createUAC(uri, { localSdp: SDP });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 200, contact(), SDP2, 'one');
    const dialog = await made;
    expect((await phone.request('ACK')).toTag).toBe('one');
    phone.answer(invite, 200, contact(), SDP2, 'two');
    expect((await phone.request('ACK')).toTag).toBe('two');
    const bye = await phone.request('BYE');
    expect(bye.toTag).toBe('two');
    phone.answer(bye, 200);
    // The application is shown the second answer as well.
    const isSecond = (frame: string): boolean =>
      frame.includes('|sip|network|') && /^SIP\/2\.0 200 .*^To:.*;tag=two/ms.test(frame);
    await expect.poll(() => frames.filter(isSecond)).toHaveLength(1);
    const ended = dialog.destroy();
    const last = await phone.request('BYE');
    expect(last.toTag).toBe('one');
    phone.answer(last, 200);
    await ended;
  });
});

const dropped = EXTERNAL ? ' (skipped: the C++ server drops most of the invalid ones)' : '';
describe.skipIf(EXTERNAL)(`RFC 4475 over the wire${dropped}`, () => {
  const torture = (name: string): Buffer =>
    readFileSync(new URL(`../../unit/sip/rfc4475/${name}.dat`, import.meta.url));

  it.each([
    ['§3.1.1.6 lwsdisp', 'lwsdisp', 200],
    ['§3.1.1.8 dblreq', 'dblreq', 200],
    ['§3.1.1.9 semiuri', 'semiuri', 200],
    ['§3.1.1.10 transports', 'transports', 200],
    ['§3.1.1.2 intmeth', 'intmeth', 501],
    ['§3.1.1.5 esc02', 'esc02', 501],
    ['§3.1.2.1 badinv01', 'badinv01', 400],
    ['§3.1.2.16 badvers', 'badvers', 505],
    ['§3.1.2.18 mismatch02', 'mismatch02', 400],
    ['§3.3.1 insuf', 'insuf', 400],
    ['§3.3.2 unkscm', 'unkscm', 416],
    ['§3.3.3 novelsc', 'novelsc', 416],
    ['§3.3.5 bext01', 'bext01', 420],
    ['§3.3.7 regaut01', 'regaut01', 200],
    ['§3.3.11 zeromf', 'zeromf', 483],
    ['§3.3.12 cparam01', 'cparam01', 200],
    ['§3.3.13 cparam02', 'cparam02', 200],
    ['§3.3.14 regescrt', 'regescrt', 200],
  ])('%s', async (_title, name, status) => {
    const { address, port } = drachtio.sip('udp');
    const socket = createSocket('udp4');
    const answer = once(socket, 'message');
    socket.send(torture(name), port, address);
    const [data] = (await answer) as [Buffer];
    socket.close();
    expect(data.toString()).toMatch(new RegExp(`^SIP/2\\.0 ${status} `));
  });
});

describe('RFC 3261 §26.3.2.4 limits', () => {
  it('dialogs: the one too many gets 503 with Retry-After, an application NOK; what is up goes on', async (context) => {
    embeddedOnly(context, 'the limits are the embedded server’s');
    await stop();
    await start({ limits: { dialogs: 1 } });
    const call = { callId: unique('call') };
    phone.send(
      text(phone, 'INVITE', { ...call, headers: [contact(), 'Content-Type: application/sdp'] }),
      SDP,
    );
    const to = (await phone.response(200)).headers.get('to') ?? '';
    phone.send(text(phone, 'ACK', { ...call, to }));
    phone.send(
      text(phone, 'INVITE', { headers: [contact(), 'Content-Type: application/sdp'] }),
      SDP,
    );
    expect((await phone.response(503)).headers.get('retry-after')).toBe('10');
    const uri = `sip:bob@127.0.0.1:${phone.local.port}`;
    await expect(app.createUAC(uri, { localSdp: SDP })).rejects.toThrow('too many dialogs');
    phone.send(text(phone, 'BYE', { ...call, to, cseq: 2 }));
    await phone.response(200, 'BYE');
    expect(drachtio.server?.counters).toMatchObject({ overloaded: 2 });
  });

  it('message size: a stream and a WebSocket that go beyond it are closed, others go on', async (context) => {
    embeddedOnly(context, 'the limits are the embedded server’s');
    await stop();
    await start({ limits: { messageBytes: 20_000 } });
    const { address, port } = drachtio.sip('tcp');
    const socket = connect(port, address);
    socket.write('MESSAGE sip:x SIP/2.0\r\nContent-Length: 30000\r\n\r\n');
    await once(socket, 'close');
    const ws = await wsPeer(drachtio.sip('ws'));
    ws.sendRaw('x'.repeat(30_000));
    await expect.poll(() => drachtio.server?.counters.tooLarge).toBe(2);
    phone.send(text(phone, 'OPTIONS'));
    await phone.response(200);
    await ws.close();
  });

  it('connections: the one too many is closed', async (context) => {
    embeddedOnly(context, 'the limits are the embedded server’s');
    await stop();
    await start({ limits: { connections: 1 } });
    const tcp = await tcpPeer(drachtio.sip('tcp'));
    const { address, port } = drachtio.sip('tcp');
    const second = connect(port, address);
    second.on('error', () => undefined);
    await once(second, 'close');
    await expect.poll(() => drachtio.server?.counters.overloaded).toBe(1);
    await tcp.close();
  });
});
