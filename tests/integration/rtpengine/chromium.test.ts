/**
 * The relay with a real browser at its WebRTC side: Chromium answers the engine's offer without
 * microphone permission (so with mDNS candidates only), hears the phone and is heard by it.
 */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import {
  ANSWER_TO_PAGE,
  ANSWER_TO_PHONE,
  OFFER_TO_PAGE,
  OFFER_TO_PHONE,
} from '../../../rtpengine/profiles.ts';
import { readRtcp, type ReportBlock } from '../../../rtpengine/embedded/rtcp.ts';
import { writeRtcp, type RtcpReport } from '../../../softphone/rtcp.ts';
import { RtpPhone, rtpPacket } from '../../support/rtp.ts';
import { ENGINES, skipReason, type TestEngine } from '../../support/rtpengine.ts';

const CHROME = [process.env['CHROME_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
if (CHROME === undefined && process.env['CI']) throw new Error('No Chromium: set CHROME_PATH');

/** 500 Hz at a third of full scale, µ-law. */
const TONE = Buffer.from(Array.from({ length: 160 }, (_, n) => (n % 16 < 8 ? 0x9f : 0x1f)));
const PACKETS = 150;

interface PageStats {
  readonly packetsReceived: number;
  readonly totalAudioEnergy: number;
  /** Seconds. */
  readonly roundTripTime?: number;
  readonly codec: string;
}

describe.each(ENGINES)('$name', (kind) => {
  const missing = CHROME === undefined ? 'no Chromium (set CHROME_PATH)' : skipReason(kind);
  test.runIf(missing !== undefined)(`skipped: ${missing ?? ''}`, (context) => context.skip());

  describe.skipIf(missing !== undefined)('with Chromium', () => {
    let server: TestEngine;
    let engine: MediaEngine;
    let browser: Browser;

    beforeAll(async () => {
      server = await kind.start({ portMin: 24000, portMax: 24999 });
      engine = await connectRtpengine({ host: server.host, port: server.ngPort });
      browser = await chromium.launch({
        ...(CHROME === undefined ? {} : { executablePath: CHROME }),
        args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
      });
    });
    afterAll(async () => {
      await browser.close();
      await engine.close();
      await server.close();
    });

    test('carries G.711 both ways, 50 packets a second', async () => {
      const phone = await RtpPhone.open();
      const page = await browser.newPage();
      const ids = { 'call-id': 'chromium', 'from-tag': 'from' };
      const offer = await engine.offer({
        ...ids,
        sdp: phone.sdp({ formats: '0 8 101' }),
        ...OFFER_TO_PAGE,
      });
      await page.addScriptTag({ content: PAGE_SCRIPT });
      const sdp = await page.evaluate<string>(`answer(${JSON.stringify(offer.sdp)})`);
      const answer = await engine.answer({ ...ids, 'to-tag': 'to', sdp, ...ANSWER_TO_PHONE });
      expect(answer.sdp).toMatch(/^m=audio \d+ RTP\/AVP 0 101\r$/m);
      phone.connect(answer.sdp);
      await page.evaluate('connected()');

      await phone.rtp.first(1);
      await sendTone(phone);
      await expect
        .poll(async () => (await page.evaluate<PageStats>('stats()')).packetsReceived)
        .toBe(PACKETS);
      const stats = await page.evaluate<PageStats>('stats()');
      expect(stats.codec).toBe('audio/PCMU');
      // Each packet of the page's is the next one, and 20 ms of its clock further on.
      const heard = await phone.rtp.first(PACKETS / 2);
      const steps = heard.slice(1).map((packet, i) => {
        const before = heard[i] ?? packet;
        return [
          (packet.readUInt16BE(2) - before.readUInt16BE(2)) & 0xffff,
          (packet.readUInt32BE(4) - before.readUInt32BE(4)) >>> 0,
        ].join();
      });
      expect(steps.filter((step) => step === '1,160').length).toBeGreaterThan(0.8 * steps.length);
      await expect
        .poll(async () => (await page.evaluate<PageStats>('stats()')).totalAudioEnergy)
        .toBeGreaterThan(0.05);
      expect(new Set(phone.rtp.received.map((packet) => (packet[1] ?? 0) & 0x7f))).toEqual(
        new Set([0]),
      );
      // A tone, not the 0xff of digital silence.
      const last = phone.rtp.received.at(-1)?.subarray(12) ?? Buffer.alloc(0);
      expect(last.length).toBe(160);
      expect(new Set(last).size).toBeGreaterThan(8);

      // Chrome's report about the phone's stream reaches the phone, the phone's answer Chrome.
      await phone.rtcp.until((each) => readReports(each).blocks.length > 0);
      const [block] = phone.rtcp.received.flatMap((each) => readReports(each).blocks);
      expect(block).toMatchObject({ ssrc: 0xabcdef01, cumulativeLost: 0 });
      await phone.rtcp.until((each) => readReports(each).ntp !== 0);
      const report = phone.rtcp.received.map(readReports).findLast(({ ntp }) => ntp !== 0);
      if (report === undefined) throw new Error('no sender report');
      phone.sendRtcp(Buffer.from(writeRtcp(answerTo(report, phone))));
      await expect
        .poll(async () => (await page.evaluate<PageStats>('stats()')).roundTripTime ?? -1)
        .toBeGreaterThan(0);
      const { roundTripTime = 9 } = await page.evaluate<PageStats>('stats()');
      // Not a nonsense of units; a busy machine may well take a second.
      expect(roundTripTime).toBeLessThan(20);

      await engine.delete(ids);
      await page.close();
      await phone.close();
    });

    test('a page may start its ICE anew: sound goes on both ways, the phone keeps its port', async () => {
      const phone = await RtpPhone.open();
      const page = await browser.newPage();
      const ids = { 'call-id': 'restarted', 'from-tag': 'from' };
      const phoneSdp = phone.sdp({ formats: '0 101' });
      const first = await engine.offer({ ...ids, sdp: phoneSdp, ...OFFER_TO_PAGE });
      await page.addScriptTag({ content: PAGE_SCRIPT });
      const sdp = await page.evaluate<string>(`answer(${JSON.stringify(first.sdp)})`);
      const answer = await engine.answer({ ...ids, 'to-tag': 'to', sdp, ...ANSWER_TO_PHONE });
      phone.connect(answer.sdp);
      await page.evaluate('connected()');
      await phone.rtp.first(1);

      const back = { 'call-id': 'restarted', 'from-tag': 'to', 'to-tag': 'from' };
      const restart = await page.evaluate<string>('restart()');
      expect(ufrag(restart)).not.toBe(ufrag(sdp));
      const offer = await engine.offer({ ...back, sdp: restart, ...OFFER_TO_PHONE });
      expect(offer.sdp).toContain(`m=audio ${phone.target} RTP/AVP`);
      const toPage = await engine.answer({ ...back, sdp: phoneSdp, ...ANSWER_TO_PAGE });
      expect(ufrag(toPage.sdp)).not.toBe(ufrag(first.sdp));
      await page.evaluate(`accept(${JSON.stringify(toPage.sdp)})`);

      const before = (await page.evaluate<PageStats>('stats()')).packetsReceived;
      let n = 0;
      const pump = setInterval(() => phone.send(tone(n++)), 20);
      await expect
        .poll(async () => (await page.evaluate<PageStats>('stats()')).packetsReceived)
        .toBeGreaterThan(before + 20);
      const heard = phone.rtp.received.length;
      await phone.rtp.first(heard + 20);
      clearInterval(pump);

      await engine.delete(ids);
      await page.close();
      await phone.close();
    });
  });
});

function ufrag(sdp: string): string | undefined {
  return /^a=ice-ufrag:(.*?)\r?$/m.exec(sdp)?.[1];
}

function tone(n: number): Buffer {
  return rtpPacket({ sequence: n, timestamp: n * 160, ssrc: 0xabcdef01, payload: TONE });
}

interface Reports {
  readonly ntp: number;
  readonly blocks: readonly ReportBlock[];
}

function readReports(packet: Buffer): Reports {
  const blocks: ReportBlock[] = [];
  let ntp = 0;
  readRtcp(packet, {
    senderReport: (_, time) => (ntp = time),
    reportBlock: (block) => blocks.push(block),
    bye: () => undefined,
  });
  return { ntp, blocks };
}

/** A receiver report sent as soon as the sender report had come. */
function answerTo({ ntp }: Reports, phone: RtpPhone): RtcpReport {
  const last = phone.rtp.received.at(-1) ?? Buffer.alloc(12);
  const loss = { fractionLost: 0, cumulativeLost: 0, jitter: 0 };
  return {
    ssrc: 0xabcdef01,
    cname: 'phone',
    wallMs: Date.now(),
    received: {
      ssrc: last.readUInt32BE(8),
      loss: { ...loss, extendedHighestSequence: last.readUInt16BE(2) },
      lastSenderReport: ntp,
      delaySinceLast: 0,
    },
    bye: false,
  };
}

/** Runs in the page, and is text here because this project's tests are compiled without the DOM. */
const PAGE_SCRIPT = `
  const peer = new RTCPeerConnection({ iceServers: [] });
  peer.addEventListener('track', ({ track }) => {
    const audio = new Audio();
    audio.srcObject = new MediaStream([track]);
    void audio.play();
  });
  // An oscillator in the microphone's place. Resolves without waiting for candidates.
  async function answer(sdp) {
    await peer.setRemoteDescription({ type: 'offer', sdp });
    const context = new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency: 440 });
    const destination = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(destination);
    oscillator.start();
    for (const track of destination.stream.getTracks()) peer.addTrack(track, destination.stream);
    await peer.setLocalDescription();
    return peer.localDescription.sdp;
  }
  async function restart() {
    await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
    return peer.localDescription.sdp;
  }
  const accept = (sdp) => peer.setRemoteDescription({ type: 'answer', sdp });
  async function connected() {
    while (peer.connectionState !== 'connected') {
      await new Promise((resolve) => {
        peer.addEventListener('connectionstatechange', resolve, { once: true });
      });
    }
  }
  async function stats() {
    const entries = [...(await peer.getStats()).values()];
    const inbound = entries.find(({ type }) => type === 'inbound-rtp');
    const codec = entries.find(({ id }) => id === inbound?.codecId);
    return {
      packetsReceived: inbound?.packetsReceived ?? 0,
      roundTripTime: entries.find(({ type }) => type === 'remote-inbound-rtp')?.roundTripTime,
      totalAudioEnergy: inbound?.totalAudioEnergy ?? 0,
      codec: codec?.mimeType,
    };
  }
`;

/** Sends at 50/s, catching up when a timer is late. */
async function sendTone(phone: RtpPhone): Promise<void> {
  const started = performance.now();
  for (let n = 0; n < PACKETS; n++) {
    const wait = started + n * 20 - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    phone.send(tone(n));
  }
}
