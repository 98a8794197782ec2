/** WebSocket and TCP: connections are the only way to such contacts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  disconnect,
  EXTERNAL,
  testDrachtio,
  type Srf,
  type SrfDialog,
  type SrfRequest,
  type SrfResponse,
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
const CONTACT = '<sip:wsuser@abc123.invalid;transport=ws>';

async function register(peer: Peer, expires = 300): Promise<void> {
  peer.send(
    text(peer, 'REGISTER', {
      via: WS_VIA,
      headers: [`Contact: ${CONTACT}`, `Expires: ${expires}`],
    }),
  );
  const ok = await peer.response(200);
  expect(ok.via?.params.get('received')).toBe('127.0.0.1');
  expect(ok.via?.params.has('rport')).toBe(true);
}

const statusOf = (request: SrfRequest): Promise<number> =>
  new Promise((resolve) => request.on('response', (res: SrfResponse) => resolve(res.status)));

describe('WebSocket', () => {
  it('a registered .invalid contact is called over its connection', async () => {
    const page = await browser();
    await register(page);
    const made = srf.createUAC('sip:wsuser@abc123.invalid;transport=ws', {
      localSdp: SDP,
      callingNumber: 'alice',
    });
    const invite = await page.request('INVITE');
    const { address, port } = drachtio.sip('ws');
    expect(invite.uri).toBe('sip:wsuser@abc123.invalid;transport=ws');
    expect(invite.via).toMatchObject({ transport: 'WS', host: address, port });
    expect(invite.headers.get('contact')).toBe(`<sip:alice@${address}:${port};transport=ws>`);
    page.answer(invite, 200, `Contact: ${CONTACT}`, SDP2);
    const ack = await page.request('ACK');
    expect(ack.uri).toBe('sip:wsuser@abc123.invalid;transport=ws');
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
              headers: [`Contact: ${CONTACT}`, 'Content-Type: application/sdp'],
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
    await expect
      .poll(async () =>
        statusOf(
          await srf.request('sip:wsuser@abc123.invalid;transport=ws', { method: 'OPTIONS' }),
        ),
      )
      .toBe(410);
    const again = await browser();
    await register(again);
    await register(again, 0);
    const request = await srf.request('sip:wsuser@abc123.invalid;transport=ws', {
      method: 'OPTIONS',
    });
    expect(await statusOf(request)).toBe(503);
  });

  it.skipIf(EXTERNAL)('a call that rings when the page goes away fails at once', async () => {
    const page = await browser();
    await register(page);
    const made = srf
      .createUAC('sip:wsuser@abc123.invalid;transport=ws', { localSdp: SDP })
      .catch((error: unknown) => error);
    page.answer(await page.request('INVITE'), 180);
    await page.close();
    expect(await made).toMatchObject({ status: 410 });
  });

  it.skipIf(EXTERNAL)('a page that goes away while it calls cancels its call', async () => {
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
    page.send(text(page, 'INVITE', { via: WS_VIA, headers: [`Contact: ${CONTACT}`] }));
    await rings;
    await page.close();
    await expect.poll(() => reasons).toEqual(['SIP;cause=487;text="connection closed"']);
    disconnect(app);
  });

  it('a dialog goes on over the connection of the next registration', async () => {
    const page = await browser();
    await register(page);
    const made = srf.createUAC('sip:wsuser@abc123.invalid;transport=ws', { localSdp: SDP });
    page.answer(await page.request('INVITE'), 200, `Contact: ${CONTACT}`, SDP2);
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

  it.skipIf(EXTERNAL)('tells a plain HTTP client what the port is for', async () => {
    const { address, port } = drachtio.sip('ws');
    const response = await fetch(`http://${address}:${port}/`);
    expect(response.status).toBe(426);
  });
});

describe('TCP', () => {
  async function phone(): Promise<Peer> {
    const peer = await tcpPeer(drachtio.sip('tcp'));
    peers.push(peer);
    return peer;
  }

  it('reassembles split messages, takes several at once, answers CRLFCRLF', async () => {
    const peer = await phone();
    const via = `SIP/2.0/TCP ${peer.local.address}:${peer.local.port}`;
    const one = `${text(peer, 'REGISTER', { via, callId: 'tcp1', headers: ['Contact: <sip:a@b>', 'Expires: 9', 'Content-Length: 0'] }).replaceAll('\n', '\r\n')}\r\n\r\n`;
    const two = one.replace('tcp1', 'tcp2').replace(/branch=\S+/, 'branch=z9hG4bKtwo');
    for (const byte of one.slice(0, 100)) peer.sendRaw(byte);
    peer.sendRaw(one.slice(100) + two);
    expect((await peer.response(200)).callId).toBe('tcp1');
    expect((await peer.response(200)).callId).toBe('tcp2');
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
    const request = await srf.request(`sip:x@127.0.0.1:${port};transport=tcp`, {
      method: 'OPTIONS',
    });
    expect(await statusOf(request)).toBe(503);
  });

  it.skipIf(EXTERNAL)('a stream that is no SIP is closed and counted; others go on', async () => {
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
