/** WebSocket and TCP: connections are the only way to such contacts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  disconnect,
  embeddedOnly,
  testDrachtio,
  type Srf,
  type SrfDialog,
  type SrfRequest,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, tcpPeer, text, udpPeer, unique, wsPeer, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let srf: Srf;
let peers: Peer[];

beforeAll(async () => {
  drachtio = await testDrachtio();
});
beforeEach(async () => {
  peers = [];
  pageUri = `sip:${unique('ws')}@abc123.invalid;transport=ws`;
  srf = await drachtio.app((app) => {
    app.register((req, res) =>
      res.send(200, {
        headers: { Contact: `${req.get('Contact') ?? ''};expires=${req.get('Expires') ?? '0'}` },
      }),
    );
  });
});
afterEach(async () => {
  disconnect(srf);
  await Promise.all(peers.map((peer) => peer.close()));
});
afterAll(() => drachtio.close());

async function browser(): Promise<Peer> {
  const peer = await wsPeer(drachtio.sip('ws'));
  peers.push(peer);
  return peer;
}

const WS_VIA = 'SIP/2.0/WS abc123.invalid';
/** Of one test: the server remembers the connection of a contact beyond the page's life. */
let pageUri: string;

async function register(peer: Peer, expires = 300): Promise<void> {
  peer.send(
    text(peer, 'REGISTER', {
      via: WS_VIA,
      headers: [`Contact: <${pageUri}>`, `Expires: ${expires}`],
    }),
  );
  const ok = await peer.response(200);
  expect(ok.via?.params.get('received')).toBe('127.0.0.1');
  expect(ok.via?.params.has('rport')).toBe(true);
}

/** The failure of a call that nobody answers. */
const statusOfCall = (uri: string): Promise<number | undefined> =>
  srf.createUAC(uri, { localSdp: SDP }).then(
    () => undefined,
    (error: unknown) => (error as { status?: number }).status,
  );

describe('RFC 7118, row “connection cache”: WebSocket', () => {
  it('a registered .invalid contact is called over its connection', async () => {
    const page = await browser();
    await register(page);
    const made = srf.createUAC(pageUri, {
      localSdp: SDP,
      callingNumber: 'alice',
    });
    const invite = await page.request('INVITE');
    const { address, port } = drachtio.sip('ws');
    expect(invite.uri).toBe(pageUri);
    expect(invite.via).toMatchObject({ transport: 'WS', host: address, port });
    expect(invite.headers.get('contact')).toBe(`<sip:alice@${address}:${port};transport=ws>`);
    page.answer(invite, 200, `Contact: <${pageUri}>`, SDP2);
    const ack = await page.request('ACK');
    expect(ack.uri).toBe(pageUri);
    const dialog = await made;
    const destroyed = dialog.destroy();
    page.answer(await page.request('BYE'), 200);
    await destroyed;
  });

  it('takes a call from a page and hangs it up over its connection', async () => {
    const made = new Promise<SrfDialog>((resolve) => {
      disconnect(srf);
      void drachtio
        .app((app) =>
          app.invite((req, res) => {
            expect(req.protocol).toBe('tcp');
            void app.createUAS(req, res, { localSdp: SDP2 }).then(resolve);
          }),
        )
        .then(async (app) => {
          srf = app;
          const page = await browser();
          const callId = unique('ws');
          page.send(
            text(page, 'INVITE', {
              via: WS_VIA,
              callId,
              headers: [`Contact: <${pageUri}>`, 'Content-Type: application/sdp'],
            }),
            SDP,
          );
          const ok = await page.response(200);
          expect(ok.headers.get('contact')).toMatch(/;transport=ws>$/);
          page.send(text(page, 'ACK', { via: WS_VIA, callId, to: ok.headers.get('to') ?? '' }));
        });
    });
    const dialog = await made;
    const destroyed = dialog.destroy();
    const page = peers[0];
    if (!page) throw new Error('no page');
    page.answer(await page.request('BYE'), 200);
    await destroyed;
  });

  it('a contact whose connection is gone is Gone; after unregistering it is unknown', async () => {
    const page = await browser();
    await register(page);
    await page.close();
    await expect.poll(() => statusOfCall(pageUri)).toBe(410);
    const again = await browser();
    await register(again);
    await register(again, 0);
    expect(await statusOfCall(pageUri)).toBe(503);
  });

  it('a call that rings when the page goes away fails at once', async (context) => {
    embeddedOnly(context, 'the C++ server never tells of closed connections');
    const page = await browser();
    await register(page);
    const made = srf.createUAC(pageUri, { localSdp: SDP }).catch((error: unknown) => error);
    page.answer(await page.request('INVITE'), 180);
    await page.close();
    expect(await made).toMatchObject({ status: 410 });
  });

  it('a page that goes away while it calls cancels its call', async (context) => {
    embeddedOnly(context, 'the C++ server never tells of closed connections');
    let ringing: (() => void) | undefined;
    const rings = new Promise<void>((resolve) => (ringing = resolve));
    const reasons: (string | undefined)[] = [];
    const app = await drachtio.app((other) =>
      other.invite((req, res) => {
        req.on('cancel', (message: SrfRequest) => reasons.push(message.get('Reason')));
        res.send(180);
        ringing?.();
      }),
    );
    const page = await browser();
    page.send(text(page, 'INVITE', { via: WS_VIA, headers: [`Contact: <${pageUri}>`] }));
    await rings;
    await page.close();
    await expect.poll(() => reasons).toEqual(['SIP;cause=487;text="connection closed"']);
    disconnect(app);
  });

  it('a dialog goes on over the connection of the next registration', async () => {
    const page = await browser();
    await register(page);
    const made = srf.createUAC(pageUri, { localSdp: SDP });
    page.answer(await page.request('INVITE'), 200, `Contact: <${pageUri}>`, SDP2);
    await page.request('ACK');
    const dialog = await made;
    await page.close();
    const next = await browser();
    await register(next);
    const destroyed = dialog.destroy();
    next.answer(await next.request('BYE'), 200);
    await destroyed;
  });

  it('answers CRLF keep-alives', async () => {
    const page = await browser();
    page.sendRaw('\r\n\r\n');
    expect(await page.rawBytes()).toBe('\r\n');
  });

  it('tells a plain HTTP client what the port is for', async (context) => {
    embeddedOnly(context, 'the C++ server answers in its own way');
    const { address, port } = drachtio.sip('ws');
    const response = await fetch(`http://${address}:${port}/`);
    expect(response.status).toBe(426);
  });
});

describe('RFC 3261 §18.3, RFC 5626: TCP', () => {
  async function phone(): Promise<Peer> {
    const peer = await tcpPeer(drachtio.sip('tcp'));
    peers.push(peer);
    return peer;
  }

  it('reassembles split messages, takes several at once, answers CRLFCRLF', async () => {
    const peer = await phone();
    const via = `SIP/2.0/TCP ${peer.local.address}:${peer.local.port}`;
    const [firstId, secondId] = [unique('tcp'), unique('tcp')];
    const one = `${text(peer, 'REGISTER', { via, callId: firstId, headers: ['Contact: <sip:a@b>', 'Expires: 9', 'Content-Length: 0'] }).replaceAll('\n', '\r\n')}\r\n\r\n`;
    const two = one.replace(firstId, secondId).replace(/branch=\S+/, `branch=${unique('z9hG4bK')}`);
    for (const byte of one.slice(0, 100)) peer.sendRaw(byte);
    peer.sendRaw(one.slice(100) + two);
    expect((await peer.response(200)).callId).toBe(firstId);
    expect((await peer.response(200)).callId).toBe(secondId);
    peer.sendRaw('\r\n\r\n');
    expect(await peer.rawBytes()).toBe('\r\n');
  });

  it('calls a phone behind TCP over the connection it registered on', async () => {
    const peer = await phone();
    const via = `SIP/2.0/TCP ${peer.local.address}:${peer.local.port}`;
    peer.send(
      text(peer, 'REGISTER', {
        via,
        headers: ['Contact: <sip:agent001@192.168.77.1:4444;transport=tcp>', 'Expires: 60'],
      }),
    );
    await peer.response(200);
    const made = srf.createUAC('sip:agent001@192.168.77.1:4444;transport=tcp', { localSdp: SDP });
    const invite = await peer.request('INVITE');
    const { address, port } = drachtio.sip('tcp');
    expect(invite.headers.get('contact')).toBe(`<sip:${address}:${port};transport=tcp>`);
    expect(invite.headers.get('via')).not.toContain('rport');
    peer.answer(invite, 200, 'Contact: <sip:agent001@192.168.77.1:4444;transport=tcp>', SDP2);
    await peer.request('ACK');
    const dialog = await made;
    const destroyed = dialog.destroy();
    peer.answer(await peer.request('BYE'), 200);
    await destroyed;
  });

  it('opens a connection of its own, and reports one that is refused as 503', async () => {
    const closed = await udpPeer(drachtio.sip('udp'));
    const { port } = closed.local;
    await closed.close();
    expect(await statusOfCall(`sip:x@127.0.0.1:${port};transport=tcp`)).toBe(503);
  });

  it('a stream that is no SIP is closed and counted; others go on', async (context) => {
    embeddedOnly(context, 'the counters are the embedded server’s');
    const before = drachtio.server?.counters.malformed ?? 0;
    const vandal = await phone();
    vandal.sendRaw('GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n');
    await expect.poll(() => drachtio.server?.counters.malformed).toBe(before + 1);
    const peer = await phone();
    peer.sendRaw('\r\n\r\n');
    expect(await peer.rawBytes()).toBe('\r\n');
  });
});

it('UDP keep-alives are ignored', async () => {
  const peer = await udpPeer(drachtio.sip('udp'));
  peers.push(peer);
  const before = drachtio.server?.counters.received;
  peer.sendRaw('\r\n');
  peer.sendRaw('\r\n\r\n');
  peer.send(text(peer, 'REGISTER', { headers: ['Contact: <sip:a@b>'] }));
  await peer.response(200);
  expect(peer.raw).toEqual([]);
  if (before !== undefined) expect(drachtio.server?.counters.received).toBe(before + 1);
});
