/**
 * The relay as the application uses it: ng commands through the client, a phone of two UDP
 * sockets, a page of a real ICE and DTLS-SRTP stack; the same tests against both engines.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import {
  ANSWER_TO_PAGE,
  ANSWER_TO_PHONE,
  OFFER_TO_PAGE,
  OFFER_TO_PHONE,
} from '../../../rtpengine/profiles.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { RtpPhone, openSocket, rtpPacket, senderReport } from '../../support/rtp.ts';
import { ENGINES, skipReason, type TestEngine } from '../../support/rtpengine.ts';

const RANGE = { portMin: 22000, portMax: 22999 };
const PHONE_SSRC = 0x11223344;
const PAGE_SSRC = 0x55667788;

interface TestCall {
  readonly ids: { readonly 'call-id': string; readonly 'from-tag': string };
  readonly phone: RtpPhone;
  readonly page: RtpPage;
  /** What the page and the phone were told. */
  readonly toPage: string;
  readonly toPhone: string;
}

let serial = 0;

describe.each(ENGINES)('$name', (kind) => {
  const missing = skipReason(kind);
  test.runIf(missing !== undefined)(`skipped: ${missing ?? ''}`, (context) => context.skip());

  describe.skipIf(missing !== undefined)('relay', () => {
    let server: TestEngine;
    let engine: MediaEngine;
    const closers: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      server = await kind.start(RANGE);
      engine = await connectRtpengine({ host: server.host, port: server.ngPort });
    });
    afterEach(async () => {
      for (const close of closers.splice(0)) await close();
    });
    afterAll(async () => {
      await engine.close();
      await server.close();
    });

    async function peers(): Promise<Pick<TestCall, 'ids' | 'phone' | 'page'>> {
      const ids = { 'call-id': `call-${++serial}@127.0.0.1`, 'from-tag': 'from' };
      const phone = await RtpPhone.open();
      const page = new RtpPage();
      closers.push(async () => {
        await engine.delete(ids);
        await page.close();
        await phone.close();
      });
      return { ids, phone, page };
    }

    /** The phone calls the page. */
    async function call(sdp = (phone: RtpPhone): string => phone.sdp()): Promise<TestCall> {
      const { ids, phone, page } = await peers();
      const offer = await engine.offer({ ...ids, sdp: sdp(phone), ...OFFER_TO_PAGE });
      const answer = await engine.answer({
        ...ids,
        'to-tag': 'to',
        sdp: await page.answer(offer.sdp),
        ...ANSWER_TO_PHONE,
      });
      phone.connect(answer.sdp);
      await page.start();
      return { ids, phone, page, toPage: offer.sdp, toPhone: answer.sdp };
    }

    /** The page calls the phone. */
    async function callBack(): Promise<TestCall> {
      const { ids, phone, page } = await peers();
      const offer = await engine.offer({ ...ids, sdp: await page.offer(), ...OFFER_TO_PHONE });
      const answer = await engine.answer({
        ...ids,
        'to-tag': 'to',
        sdp: phone.sdp({ formats: '0 101' }),
        ...ANSWER_TO_PAGE,
      });
      page.accept(answer.sdp);
      phone.connect(offer.sdp);
      await page.start();
      return { ids, phone, page, toPage: answer.sdp, toPhone: offer.sdp };
    }

    test('tells the page and the phone what they need', async () => {
      const { toPage, toPhone } = await call();
      expect(toPage).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 8 0 101\r$/m);
      const port = portIn(toPage);
      for (const line of [
        'c=IN IP4 127.0.0.1',
        'a=mid:1',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-16',
        'a=ptime:20',
        'a=sendrecv',
        'a=rtcp-mux',
        `a=rtcp:${port}`,
        'a=setup:actpass',
      ]) {
        expect(toPage.split('\r\n')).toContain(line);
      }
      expect(toPage).toMatch(/^a=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\r$/m);
      expect(toPage).toMatch(
        new RegExp(`^a=candidate:\\S+ 1 UDP \\d+ 127.0.0.1 ${port} typ host`, 'm'),
      );
      expect(toPage).not.toMatch(/^a=(crypto|group)/m);

      expect(toPhone).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m);
      expect(portIn(toPhone) % 2).toBe(0);
      expect(toPhone).toContain(`\r\na=rtcp:${portIn(toPhone) + 1}\r\n`);
      expect(toPhone).not.toMatch(/^a=(ice|candidate|fingerprint|setup|rtcp-mux|mid)/m);
      for (const sdp of [toPage, toPhone]) {
        const used = portIn(sdp);
        expect(used >= RANGE.portMin && used <= RANGE.portMax).toBe(true);
      }
    });

    test('hands RTP through byte for byte, in both directions', async () => {
      const { phone, page } = await call();
      await untilOpen(phone, page);
      for (const n of [65534, 65535, 65536, 65537]) {
        const packet = fromPhone(n);
        const next = page.rtp.next();
        phone.send(packet);
        expect(await next).toEqual(packet);
      }
      for (const n of [1, 2, 3, 4]) {
        const packet = rtpPacket({
          payloadType: 8,
          sequence: n,
          timestamp: n * 160,
          ssrc: PAGE_SSRC,
        });
        const next = phone.rtp.next();
        page.send(packet);
        expect(await next).toEqual(packet);
      }
    });

    test('hands DTMF events through', async () => {
      const { phone, page } = await call();
      await untilOpen(phone, page);
      const event = rtpPacket({
        payloadType: 101,
        marker: true,
        sequence: 7,
        timestamp: 1120,
        ssrc: PHONE_SSRC,
        payload: Buffer.from('050a00a0', 'hex'),
      });
      const next = page.rtp.next();
      phone.send(event);
      expect(await next).toEqual(event);
    });

    test('hands RTCP through: on a port of its own to the phone, muxed to the page', async () => {
      const { phone, page } = await call();
      await untilOpen(phone, page);
      const up = senderReport(PHONE_SSRC);
      phone.sendRtcp(up);
      expect((await page.rtcp.first(1))[0]?.subarray(0, 8)).toEqual(up.subarray(0, 8));

      const down = senderReport(PAGE_SSRC);
      page.send(down);
      expect((await phone.rtcp.first(1))[0]?.subarray(0, 8)).toEqual(down.subarray(0, 8));
    });

    test('a page can call a phone', async () => {
      const { phone, page, toPage, toPhone } = await callBack();
      expect(toPhone).toMatch(/^m=audio \d+ RTP\/AVP 0 8 101\r$/m);
      expect(toPhone).not.toMatch(/^a=(ice|candidate|fingerprint|setup|rtcp-mux)/m);
      expect(toPage).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 0 101\r$/m);
      expect(toPage).toMatch(/^a=setup:passive\r$/m);
      expect(toPage).toMatch(/^a=mid:audio\r$/m);
      await untilOpen(phone, page);
      const packet = rtpPacket({ sequence: 9, timestamp: 9, ssrc: PAGE_SSRC });
      page.send(packet);
      expect(await phone.rtp.first(1)).toEqual([packet]);
    });

    test('packets go where the phone sends from, not where its SDP says', async () => {
      // Nobody listens at the address of the SDP: the phone is behind NAT.
      const { phone, page } = await call((each) => each.sdp({ port: 9 }));
      await untilOpen(phone, page);
      const packet = rtpPacket({ payloadType: 8, sequence: 1, timestamp: 1, ssrc: PAGE_SSRC });
      const pump = setInterval(() => page.send(packet), 20);
      expect(await phone.rtp.first(1)).toEqual([packet]);
      clearInterval(pump);
    });

    test('hold and resume change the direction and nothing else', async () => {
      const { ids, phone, page, toPage, toPhone } = await call();
      await untilOpen(phone, page);
      const pageAnswer = page.lastAnswer;
      for (const [offered, answered] of [
        ['sendonly', 'recvonly'],
        ['inactive', 'inactive'],
        ['sendrecv', 'sendrecv'],
      ] as const) {
        const tags = { ...ids, 'to-tag': 'to' };
        const offer = await engine.offer({
          ...tags,
          sdp: phone.sdp({ direction: offered }),
          ...OFFER_TO_PAGE,
        });
        expect(offer.sdp).toContain(`\r\na=${offered}\r\n`);
        expect(identity(offer.sdp)).toEqual(identity(toPage));
        const answer = await engine.answer({
          ...tags,
          sdp: pageAnswer.replace('a=sendrecv', `a=${answered}`),
          ...ANSWER_TO_PHONE,
        });
        expect(answer.sdp).toContain(`\r\na=${answered}\r\n`);
        expect(portIn(answer.sdp)).toBe(portIn(toPhone));
      }
      const packet = fromPhone(3000);
      const next = page.rtp.next();
      phone.send(packet);
      expect(await next).toEqual(packet);
    });

    test("the page's hold changes the direction and nothing else", async () => {
      const { ids, phone, page, toPage, toPhone } = await call();
      await untilOpen(phone, page);
      const tags = { 'call-id': ids['call-id'], 'from-tag': 'to', 'to-tag': 'from' };
      const offer = await engine.offer({
        ...tags,
        sdp: page.lastAnswer
          .replace('a=sendrecv', 'a=sendonly')
          .replace('setup:active', 'setup:actpass'),
        ...OFFER_TO_PHONE,
      });
      expect(offer.sdp).toContain('\r\na=sendonly\r\n');
      expect(portIn(offer.sdp)).toBe(portIn(toPhone));
      const answer = await engine.answer({
        ...tags,
        sdp: phone.sdp({ direction: 'recvonly', formats: '8 101' }),
        ...ANSWER_TO_PAGE,
      });
      expect(answer.sdp).toContain('\r\na=recvonly\r\n');
      expect(answer.sdp).toMatch(/^a=setup:passive\r$/m);
      expect(identity(answer.sdp)).toEqual(identity(toPage));
      const packet = rtpPacket({ payloadType: 8, sequence: 1, timestamp: 1, ssrc: PAGE_SSRC });
      page.send(packet);
      expect(await phone.rtp.first(1)).toEqual([packet]);
    });

    test('a page may begin its checks before the engine has its answer', async () => {
      // As browsers do. Whoever starts ICE before it knows the fingerprint loses some of these calls.
      for (let n = 0; n < 5; n++) {
        const { ids, phone, page } = await peers();
        const offer = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
        const sdp = await page.answer(offer.sdp);
        const started = page.start();
        const answer = await engine.answer({ ...ids, 'to-tag': 'to', sdp, ...ANSWER_TO_PHONE });
        phone.connect(answer.sdp);
        await started;
        await untilOpen(phone, page);
      }
    });

    test('two calls at once do not mix', async () => {
      const [a, b] = await Promise.all([call(), call()]);
      await Promise.all([untilOpen(a.phone, a.page), untilOpen(b.phone, b.page, 2)]);
      const packets = [fromPhone(500), fromPhone(501, 2)];
      const both = Promise.all([a.page.rtp.next(), b.page.rtp.next()]);
      a.phone.send(packets[0] ?? Buffer.alloc(0));
      b.phone.send(packets[1] ?? Buffer.alloc(0));
      expect(await both).toEqual(packets);
      expect(a.page.rtp.received.every((packet) => packet.readUInt32BE(8) === PHONE_SSRC)).toBe(
        true,
      );
      expect(b.page.rtp.received.every((packet) => packet.readUInt32BE(8) === 2)).toBe(true);
    });

    test('query tells the streams and what went through them', async () => {
      const { ids, phone, page, toPage, toPhone } = await call();
      await untilOpen(phone, page);
      const packet = rtpPacket({ payloadType: 8, sequence: 1, timestamp: 1, ssrc: PAGE_SSRC });
      page.send(packet);
      await phone.rtp.first(1);

      const { created, tags, totals } = await engine.query(ids);
      expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(10);
      const phoneStream = tags['from']?.medias[0]?.streams[0];
      expect(phoneStream?.['local port']).toBe(portIn(toPhone));
      expect(phoneStream?.endpoint).toEqual({
        family: 'IPv4',
        address: '127.0.0.1',
        port: phone.port,
      });
      expect(phoneStream?.stats.packets).toBeGreaterThanOrEqual(1);
      expect(tags['from']?.medias[0]?.protocol).toBe('RTP/AVP');
      expect(tags['to']?.medias[0]?.protocol).toBe('UDP/TLS/RTP/SAVPF');
      expect(tags['to']?.medias[0]?.streams[0]?.['local port']).toBe(portIn(toPage));
      expect(tags['to']?.medias[0]?.streams[0]?.stats.packets).toBe(1);
      expect(totals.RTP.packets).toBeGreaterThanOrEqual(2);
      expect(totals.RTP.bytes).toBeGreaterThanOrEqual(2 * 160);
    });

    test('delete ends the call and frees its ports at once', async () => {
      const { ids, toPage, toPhone } = await call();
      await engine.delete(ids);
      for (const port of [portIn(toPage), portIn(toPhone), portIn(toPhone) + 1]) {
        // rtpengine closes its sockets from threads of their own, a moment after the answer.
        if (kind.name === 'rtpengine') await expect.poll(() => isFree(port)).toBe(true);
        else expect(await isFree(port)).toBe(true);
      }
      await expect(engine.query(ids)).rejects.toMatchObject({ code: 'RTPENGINE_REFUSED' });
    });

    test('deleting a call that is not there is no error', async () => {
      await engine.delete({ 'call-id': 'never seen', 'from-tag': 'from' });
    });

    test('an answer without offer is refused with the reason', async () => {
      const answer = engine.answer({
        'call-id': 'never seen',
        'from-tag': 'from',
        'to-tag': 'to',
        sdp: 'v=0\r\n',
      });
      await expect(answer).rejects.toMatchObject({
        code: 'RTPENGINE_REFUSED',
        message: expect.stringContaining('Unknown call-id') as string,
      });
    });

    test('what is no RTP is dropped', async () => {
      const { ids, phone, page } = await call();
      await untilOpen(phone, page);
      const seen = page.rtp.received.length;
      phone.send(Buffer.from('\r\n\r\n'));
      phone.send(Buffer.alloc(0));
      phone.send(Buffer.from('000100002112a442000102030405060708090a0b', 'hex'));
      const packet = fromPhone(77);
      const next = page.rtp.next();
      phone.send(packet);
      expect(await next).toEqual(packet);
      expect(page.rtp.received.length).toBe(seen + 1);
      expect((await engine.query(ids)).totals.RTP.packets).toBeGreaterThan(0);
    });

    test('what a stranger sends does not draw the stream away from the phone', async () => {
      const { phone, page } = await call();
      await untilOpen(phone, page);
      const stranger = await openSocket();
      const attack = rtpPacket({ payloadType: 8, sequence: 666, timestamp: 1, ssrc: 666 });
      for (let n = 0; n < 10; n++) stranger.send(attack, phone.target, '127.0.0.1');
      const last = fromPhone(50);
      phone.send(last);
      await page.rtp.until((packet) => packet.equals(last));
      const packet = rtpPacket({ payloadType: 8, sequence: 1, timestamp: 1, ssrc: PAGE_SSRC });
      page.send(packet);
      expect(await phone.rtp.first(1)).toEqual([packet]);
      stranger.close();
    });
  });

  describe.skipIf(missing !== undefined || process.env['TEST_RTPENGINE'] !== undefined)(
    'with few ports',
    () => {
      test('says that they are exhausted, and goes on when one is freed', async () => {
        const server = await kind.start({ portMin: 23000, portMax: 23011 });
        const engine = await connectRtpengine({ host: server.host, port: server.ngPort });
        const phone = await RtpPhone.open();
        const offer = (n: number): Promise<unknown> =>
          engine.offer({
            'call-id': `call-${n}`,
            'from-tag': 'from',
            sdp: phone.sdp(),
            ...OFFER_TO_PAGE,
          });
        let made = 0;
        let refusal: unknown;
        while (refusal === undefined && made < 20) {
          try {
            await offer(made);
            made++;
          } catch (thrown) {
            refusal = thrown;
          }
        }
        expect(refusal).toMatchObject({ code: 'RTP_PORTS_EXHAUSTED' });
        expect(made).toBeGreaterThanOrEqual(3);
        await engine.delete({ 'call-id': 'call-0', 'from-tag': 'from' });
        await offer(100);
        await phone.close();
        await engine.close();
        await server.close();
      });
    },
  );
});

/** Sends until the path is open: the engine's DTLS may end a moment after the page's. */
async function untilOpen(phone: RtpPhone, page: RtpPage, ssrc = PHONE_SSRC): Promise<void> {
  let n = 64000;
  const pump = setInterval(() => phone.send(fromPhone(n++, ssrc)), 5);
  await page.rtp.first(1);
  clearInterval(pump);
  // What is still on its way must not be taken for what the test sends next.
  await page.rtp.until((packet) => packet.readUInt16BE(2) === (n - 1) % 65536);
}

function fromPhone(n: number, ssrc = PHONE_SSRC): Buffer {
  return rtpPacket({ payloadType: 8, sequence: n, timestamp: n * 160, ssrc });
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const closed = once(socket, 'close');
  try {
    const bound = once(socket, 'listening');
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    await bound;
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
    await closed;
  }
}

function portIn(sdp: string): number {
  return Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
}

/** What must not change while a page stays the same page. */
function identity(sdp: string): unknown {
  return ['m=audio \\d+', 'a=ice-ufrag:', 'a=ice-pwd:', 'a=fingerprint:', 'a=mid:'].map((start) =>
    new RegExp(`^${start}.*$`, 'm').exec(sdp)?.[0]?.split(' ').slice(0, 2),
  );
}
