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
import { RtpPhone, rtpPacket, senderReport } from '../../support/rtp.ts';
import { ENGINES, skipReason, type TestEngine } from '../../support/rtpengine.ts';

interface TestCall {
  readonly callId: string;
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
      server = await kind.start({ portMin: 42000, portMax: 42999 });
      engine = await connectRtpengine({ host: server.host, port: server.ngPort });
    });
    afterEach(async () => {
      for (const close of closers.splice(0)) await close();
    });
    afterAll(async () => {
      await engine.close();
      await server.close();
    });

    async function peers(): Promise<{ callId: string; phone: RtpPhone; page: RtpPage }> {
      const callId = `call-${++serial}@127.0.0.1`;
      const phone = await RtpPhone.open();
      const page = new RtpPage();
      closers.push(async () => {
        await engine.delete({ 'call-id': callId, 'from-tag': 'from' });
        await page.close();
        await phone.close();
      });
      return { callId, phone, page };
    }

    /** The phone calls the page. */
    async function call(sdp?: (phone: RtpPhone) => string): Promise<TestCall> {
      const { callId, phone, page } = await peers();
      const offer = await engine.offer({
        'call-id': callId,
        'from-tag': 'from',
        sdp: sdp?.(phone) ?? phone.sdp(),
        ...OFFER_TO_PAGE,
      });
      const answer = await engine.answer({
        'call-id': callId,
        'from-tag': 'from',
        'to-tag': 'to',
        sdp: await page.answer(offer.sdp),
        ...ANSWER_TO_PHONE,
      });
      phone.connect(answer.sdp);
      await page.connected();
      return { callId, phone, page, toPage: offer.sdp, toPhone: answer.sdp };
    }

    test('hands RTP through byte for byte, in both directions', async () => {
      const { phone, page } = await call();
      const up = [1, 2, 3, 4, 5].map((n) =>
        rtpPacket({ payloadType: 8, sequence: 65533 + n, timestamp: n * 160, ssrc: 0x11223344 }),
      );
      // The engine's own DTLS may end a moment after the page's: the first packets can be lost.
      await firstPacket(phone, page);
      const seen = page.rtp.received.length;
      for (const packet of up) phone.send(packet);
      expect((await page.rtp.first(seen + 5)).slice(seen)).toEqual(up);

      const down = [1, 2, 3, 4, 5].map((n) =>
        rtpPacket({ payloadType: 8, sequence: n, timestamp: n * 160, ssrc: 0x55667788 }),
      );
      for (const packet of down) page.send(packet);
      expect(await phone.rtp.first(5)).toEqual(down);
    });
  });
});

/** Sends until the path is open, so that what follows is not lost in the handshake. */
async function firstPacket(phone: RtpPhone, page: RtpPage): Promise<void> {
  let n = 0;
  const send = (): void =>
    phone.send(
      rtpPacket({ payloadType: 8, sequence: 65000 + n, timestamp: ++n, ssrc: 0x11223344 }),
    );
  const pump = setInterval(send, 5);
  await page.rtp.first(1);
  clearInterval(pump);
}
