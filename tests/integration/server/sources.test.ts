/**
 * Addresses that are not let in, at each of the doors: SIP over UDP, TCP, TLS and WebSocket, RTP, HTTP. All of
 * them are loopback here; which of them count as foreign is the test's to say.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Origin, type OriginOptions } from '../../../server/http/origin.ts';
import { openCertificate } from '../../../server/lan/certificate.ts';
import { startDrachtio } from '../../../signaling/drachtio/server.ts';
import { startRtpengine } from '../../../rtpengine/embedded/server.ts';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PAGE } from '../../../rtpengine/profiles.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { rtpPacket, RtpPhone } from '../../support/rtp.ts';
import { tcpPeer, text, udpPeer } from '../drachtio/peer.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it('SIP: datagrams get no answer, connections are closed before a byte is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sources-'));
  closers.push(() => rm(folder, { recursive: true }));
  const tls = await openCertificate({
    folder,
    names: ['127.0.0.1'],
    mkcert: () => Promise.resolve(false),
  });
  const asked: string[] = [];
  let isOpen = false;
  const drachtio = await startDrachtio({
    admin: { host: '127.0.0.1', port: 0, secret: 'x' },
    transports: [
      { protocol: 'udp', host: '127.0.0.1', port: 0 },
      { protocol: 'tcp', host: '127.0.0.1', port: 0 },
      { protocol: 'tls', host: '127.0.0.1', port: 0, tls },
      { protocol: 'ws', host: '127.0.0.1', port: 0 },
    ],
    admits: (address) => {
      asked.push(address);
      return isOpen;
    },
  });
  closers.push(() => drachtio.close());
  const portOf = (name: string) =>
    drachtio.transports.find(({ protocol }) => protocol === name)?.port ?? 0;

  for (const protocol of ['tcp', 'tls']) {
    const socket = connect(portOf(protocol), '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.resume().once('close', resolve));
  }
  const phone = await udpPeer({ address: '127.0.0.1', port: portOf('udp') });
  closers.push(() => phone.close());
  phone.send(text(phone, 'OPTIONS'));
  await expect.poll(() => asked).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);

  isOpen = true;
  // The answer to this one is the first that comes: the one before was never looked at.
  phone.send(text(phone, 'OPTIONS', { callId: 'welcome' }));
  expect((await phone.next()).callId).toBe('welcome');
  expect(phone.queue).toEqual([]);
  const stream = await tcpPeer({ address: '127.0.0.1', port: portOf('tcp') });
  closers.push(() => stream.close());
  stream.send(text(stream, 'OPTIONS', { via: 'SIP/2.0/TCP 127.0.0.1:5060' }));
  expect((await stream.next()).kind).toBe('response');
});

it('RTP: a packet of a foreign address is counted and not passed on', async () => {
  let isOpen = false;
  const asked: string[] = [];
  const server = await startRtpengine({
    ng: { host: '127.0.0.1', port: 0 },
    rtp: {
      host: '127.0.0.1',
      portMin: 21_100,
      portMax: 21_119,
      admits: (address) => {
        asked.push(address);
        return isOpen;
      },
    },
  });
  closers.push(() => server.close());
  const engine = await connectRtpengine({ host: '127.0.0.1', port: server.ngPort });
  closers.push(() => engine.close());
  const ids = { 'call-id': 'foreign', 'from-tag': 'from' };
  const phone = await RtpPhone.open();
  const page = new RtpPage();
  closers.push(async () => {
    await page.close();
    await phone.close();
  });
  const offer = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
  const sdp = await page.answer(offer.sdp);
  const answer = await engine.answer({ ...ids, 'to-tag': 'to', sdp, ...ANSWER_TO_PHONE });
  phone.connect(answer.sdp);
  await page.start();

  phone.send(rtpPacket({ payloadType: 8, sequence: 1, timestamp: 1, ssrc: 1 }));
  await expect.poll(() => server.counters.rtpForeign).toBe(1);
  isOpen = true;
  const welcome = rtpPacket({ payloadType: 8, sequence: 2, timestamp: 161, ssrc: 1 });
  const next = rtpPacket({ payloadType: 8, sequence: 3, timestamp: 321, ssrc: 1 });
  phone.send(welcome);
  phone.send(next);
  expect(await page.rtp.first(2)).toEqual([welcome, next]);
  // Asked for each until one is let in, and then no more.
  expect(asked).toEqual(['127.0.0.1', '127.0.0.1']);
});

it('HTTP: the connection is closed', async () => {
  let isOpen = false;
  const stub = { close: () => Promise.resolve() };
  const origin = new Origin({
    host: '127.0.0.1',
    port: 0,
    sip: stub,
    voice: stub,
    events: stub,
    directAgents: () => [],
    admits: () => isOpen,
  } as unknown as OriginOptions);
  await origin.listen();
  closers.push(() => origin.close());
  const url = `http://127.0.0.1:${origin.port}/healthz`;
  const refused = connect(origin.port, '127.0.0.1');
  refused.on('error', () => undefined);
  await new Promise((resolve) => refused.resume().once('close', resolve));
  expect(refused.bytesRead).toBe(0);
  isOpen = true;
  expect(await (await fetch(url)).text()).toBe('ok\n');
});
