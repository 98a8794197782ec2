/**
 * Ports and addresses of the embedded engine: one UDP port for all pages, IPv6, both families at
 * once, and other addresses told than bound.
 */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import {
  startRtpengine,
  type RtpengineOptions,
  type RtpengineServer,
} from '../../../rtpengine/embedded/server.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PAGE } from '../../../rtpengine/profiles.ts';
import { freePort } from '../../support/free-port.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { RtpPhone, openSocket, rtpPacket } from '../../support/rtp.ts';

const HAS_IPV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(
  rtp: Partial<RtpengineOptions['rtp']>,
): Promise<{ server: RtpengineServer; engine: MediaEngine }> {
  const server = await startRtpengine({
    ng: { host: '127.0.0.1', port: 0 },
    rtp: { host: '127.0.0.1', portMin: 21_000, portMax: 21_099, ...rtp },
  });
  const engine = await connectRtpengine({ host: '127.0.0.1', port: server.ngPort });
  closers.push(async () => {
    await engine.close();
    await server.close();
  });
  return { server, engine };
}

interface Peers {
  readonly phone: RtpPhone;
  readonly page: RtpPage;
  readonly ids: { readonly 'call-id': string; readonly 'from-tag': string };
  readonly toPage: string;
  readonly toPhone: string;
}

async function call(
  engine: MediaEngine,
  callId: string,
  { phoneHost = '127.0.0.1', pageHost = '127.0.0.1', isEarly = false } = {},
): Promise<Peers> {
  const ids = { 'call-id': callId, 'from-tag': 'from' };
  const phone = await RtpPhone.open(phoneHost);
  const page = new RtpPage(pageHost);
  closers.push(async () => {
    // The test may have stopped the engine itself.
    await engine.delete(ids).catch(() => undefined);
    await page.close();
    await phone.close();
  });
  const offer = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
  const sdp = await page.answer(offer.sdp);
  const early = isEarly ? page.start() : undefined;
  const answer = await engine.answer({ ...ids, 'to-tag': 'to', sdp, ...ANSWER_TO_PHONE });
  phone.connect(answer.sdp);
  await (early ?? page.start());
  return { phone, page, ids, toPage: offer.sdp, toPhone: answer.sdp };
}

/** One packet each way; the SSRC tells calls apart. */
async function speak({ phone, page }: Peers, ssrc: number): Promise<void> {
  const up = rtpPacket({ payloadType: 8, sequence: 1, timestamp: 1, ssrc });
  phone.send(up);
  expect(await page.rtp.first(1)).toEqual([up]);
  const down = rtpPacket({ payloadType: 8, sequence: 2, timestamp: 2, ssrc: ssrc + 1 });
  page.send(down);
  expect(await phone.rtp.first(1)).toEqual([down]);
}

const portIn = (sdp: string): number => Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);

describe('one port for all pages', () => {
  test('carries calls beside each other and after each other', async () => {
    const webrtcPort = await freePort();
    const { engine } = await start({ webrtcPort });
    // Those with early checks have found the port before the engine knew their answers.
    const calls = await Promise.all(
      [1, 2, 3, 4].map((n) => call(engine, `mux-${n}`, { isEarly: n % 2 === 0 })),
    );
    for (const [n, each] of calls.entries()) {
      expect(portIn(each.toPage)).toBe(webrtcPort);
      expect(each.toPage).toContain(` 127.0.0.1 ${webrtcPort} typ host`);
      await speak(each, 100 * (n + 1));
    }
    expect(new Set(calls.map(({ toPhone }) => portIn(toPhone))).size).toBe(4);
    for (const { ids, page } of calls) {
      await engine.delete(ids);
      await page.close();
    }
    await speak(await call(engine, 'mux-again'), 5000);
  });

  test('is let go at the end, and refused with a reason when it is taken', async () => {
    const webrtcPort = await freePort();
    const { server, engine } = await start({ webrtcPort });
    await call(engine, 'mux-only');
    await engine.close();
    await server.close();
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(webrtcPort, '127.0.0.1', resolve));
    await expect(start({ webrtcPort })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(webrtcPort)) as string,
    });
    socket.close();
  });
});

describe.skipIf(!HAS_IPV6)(`IPv6${HAS_IPV6 ? '' : ' (skipped: no ::1 here)'}`, () => {
  test('phone and page', async () => {
    const { engine } = await start({ host: '::1' });
    const both = await call(engine, 'six', { phoneHost: '::1', pageHost: '::1' });
    expect(both.toPage).toContain('\r\nc=IN IP6 ::1\r\n');
    expect(both.toPhone).toMatch(/^o=.* IN IP6 ::1\r$/m);
    await speak(both, 1);
    const { tags } = await engine.query(both.ids);
    expect(tags['from']?.medias[0]?.streams[0]?.endpoint).toEqual({
      family: 'IPv6',
      address: '::1',
      port: both.phone.port,
    });
  });

  test('a phone of one family and a page of the other', async () => {
    const { engine } = await start({ host: '127.0.0.1', otherHost: '::1' });
    const mixed = await call(engine, 'mixed', { phoneHost: '::1' });
    expect(mixed.toPhone).toContain('\r\nc=IN IP6 ::1\r\n');
    expect(mixed.toPage).toContain('\r\nc=IN IP4 127.0.0.1\r\n');
    await speak(mixed, 1);
  });
});

test('phones and pages are each told their own address', async () => {
  const { engine } = await start({ advertised: { phone: '192.0.2.7', page: '198.51.100.7' } });
  const ids = { 'call-id': 'advertised', 'from-tag': 'from' };
  const phone = await RtpPhone.open();
  const page = new RtpPage();
  const offer = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
  expect(offer.sdp).toContain('\r\nc=IN IP4 198.51.100.7\r\n');
  expect(offer.sdp).toContain(` 198.51.100.7 ${portIn(offer.sdp)} typ host`);
  expect(offer.sdp).not.toContain('127.0.0.1');
  const sdp = await page.answer(offer.sdp);
  const answer = await engine.answer({ ...ids, 'to-tag': 'to', sdp, ...ANSWER_TO_PHONE });
  expect(answer.sdp).toContain('\r\nc=IN IP4 192.0.2.7\r\n');
  expect(answer.sdp).not.toMatch(/127\.0\.0\.1|198\.51/);
  await page.close();
  await phone.close();
});

for (const isShared of [false, true]) {
  const how = isShared ? 'one port for pages' : 'a port for each page';
  test(`all addresses of this machine: each phone is told the nearest (${how})`, async () => {
    const { engine } = await start({
      host: '0.0.0.0',
      ...(isShared && { webrtcPort: await freePort() }),
    });
    const each = await call(engine, 'any');
    expect(each.toPhone).toContain('\r\nc=IN IP4 127.0.0.1\r\n');
    expect(each.toPage).toContain(` 127.0.0.1 ${portIn(each.toPage)} typ host`);
    expect(each.toPage).not.toContain(' 0.0.0.0 ');
    await speak(each, 1);
  });
}

test('a stranger gets into neither a page port nor a phone port', async () => {
  const { server, engine } = await start({});
  const each = await call(engine, 'stranger');
  await speak(each, 1);
  const stranger = await openSocket();
  const attack = rtpPacket({ payloadType: 8, sequence: 9, timestamp: 9, ssrc: 666 });
  for (const port of [portIn(each.toPage), portIn(each.toPhone)]) {
    stranger.send(attack, port, '127.0.0.1');
  }
  const last = rtpPacket({ payloadType: 8, sequence: 3, timestamp: 3, ssrc: 1 });
  await expect.poll(() => server.counters.rtpForeign).toBe(1);
  each.phone.send(last);
  await each.page.rtp.until((packet) => packet.equals(last));
  expect(each.page.rtp.received.length).toBe(2);
  stranger.close();
});
