/**
 * What networks do to RTP, against both engines: loss, jitter, reordering and duplication on the
 * phone's side. And what calls leave behind: nothing, after a thousand of them.
 */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import { startRtpengine } from '../../../rtpengine/embedded/server.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PAGE } from '../../../rtpengine/profiles.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { RtpPhone, rtpPacket } from '../../support/rtp.ts';
import { ENGINES, skipReason } from '../../support/rtpengine.ts';

const PHONE_SSRC = 0x11223344;
const RANGE = { portMin: 19_000, portMax: 19_099 };
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Peers {
  readonly phone: RtpPhone;
  readonly page: RtpPage;
  readonly ids: { readonly 'call-id': string; readonly 'from-tag': string };
}

async function call(engine: MediaEngine, callId: string): Promise<Peers> {
  const ids = { 'call-id': callId, 'from-tag': 'from' };
  const phone = await RtpPhone.open();
  const page = new RtpPage();
  closers.push(async () => {
    await engine.delete(ids);
    await page.close();
    await phone.close();
  });
  const offer = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
  const sdp = await page.answer(offer.sdp);
  const answer = await engine.answer({ ...ids, 'to-tag': 'to', sdp, ...ANSWER_TO_PHONE });
  phone.connect(answer.sdp);
  await page.start();
  return { phone, page, ids };
}

const packet = (n: number, ssrc = PHONE_SSRC) =>
  rtpPacket({ payloadType: 8, sequence: n, timestamp: n * 160, ssrc });
const sequences = (page: RtpPage, ssrc = PHONE_SSRC): number[] =>
  page.rtp.received
    .filter((each) => each.readUInt32BE(8) === ssrc)
    .map((each) => each.readUInt16BE(2));

/** An engine may drop what comes before its end of the handshake: knocks with a stream of its own. */
async function untilOpen({ phone, page }: Peers): Promise<void> {
  let n = 0;
  const knocking = setInterval(() => phone.send(packet(n++, 7)), 5);
  await page.rtp.first(1);
  clearInterval(knocking);
}

/** Sends each packet after its delay; all orders and gaps are the same in every run. */
async function send(phone: RtpPhone, plan: readonly { n: number; at: number }[]): Promise<void> {
  const started = performance.now();
  for (const { n, at } of [...plan].sort((a, b) => a.at - b.at)) {
    const wait = started + at - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    phone.send(packet(n));
  }
}

/** Bytes that are still held. */
function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Evenly spread over 0 to 1, the same in every run. */
function chance(n: number): number {
  return ((n * 7919 + 104_729) % 1000) / 1000;
}

describe.each(ENGINES)('$name', (kind) => {
  const missing = skipReason(kind);
  test.runIf(missing !== undefined)(`skipped: ${missing ?? ''}`, (context) => context.skip());

  test.skipIf(missing !== undefined)(
    '5 % loss, 30 ms jitter with overtaking: what comes goes on, once and at once',
    async () => {
      const server = await kind.start(RANGE);
      const engine = await connectRtpengine({ host: server.host, port: server.ngPort });
      closers.push(async () => {
        await engine.close();
        await server.close();
      });
      const peers = await call(engine, 'jitter');
      await untilOpen(peers);
      const COUNT = 200;
      const all = Array.from({ length: COUNT }, (_, n) => n + 1);
      const kept = all.filter((n) => n === COUNT || chance(n) >= 0.05);
      expect(kept.length).toBeLessThan(COUNT - 5);
      await send(
        peers.phone,
        kept.map((n) => ({ n, at: n * 5 + chance(n * 3) * 30 })),
      );
      await expect.poll(() => sequences(peers.page).length).toBe(kept.length);
      const arrived = sequences(peers.page);
      expect([...arrived].sort((a, b) => a - b)).toEqual(kept);
      // It was a relay and no jitter buffer: they left in the order in which they came.
      expect(arrived).not.toEqual(kept);
    },
  );
});

describe('the embedded engine', () => {
  async function start() {
    const server = await startRtpengine({
      ng: { host: '127.0.0.1', port: 0 },
      rtp: { host: '127.0.0.1', ...RANGE },
    });
    const engine = await connectRtpengine({ host: '127.0.0.1', port: server.ngPort });
    closers.push(async () => {
      await engine.close();
      await server.close();
    });
    return { server, engine };
  }

  test('duplicates pass once, a restarted phone goes on, a new SSRC is taken', async () => {
    const { server, engine } = await start();
    const peers = await call(engine, 'odd');
    await untilOpen(peers);
    const sent = [20_000, 20_001, 20_001, 20_003, 20_002, 20_002, 20_000, 20_004];
    for (const n of sent) peers.phone.send(packet(n));
    // The phone crashed and is back: the same SSRC, other numbers.
    for (const n of [10, 11, 12]) peers.phone.send(packet(n));
    for (const n of [65_535, 65_536]) peers.phone.send(packet(n, 99));
    await peers.page.rtp.until((each) => each.readUInt32BE(8) === 99 && each.readUInt16BE(2) === 0);
    expect(sequences(peers.page)).toEqual([
      20_000, 20_001, 20_003, 20_002, 20_004, 20_005, 20_006, 20_007,
    ]);
    expect(sequences(peers.page, 99)).toEqual([65_535, 0]);
    expect(server.counters.rtpDuplicates).toBe(3);
  });

  test('a thousand calls leave no port, no descriptor, no memory and no call behind', async () => {
    const { server, engine } = await start();
    const phone = await RtpPhone.open();
    closers.push(() => phone.close());
    const page = new RtpPage();
    const probe = { 'call-id': 'probe', 'from-tag': 'a' };
    const offered = await engine.offer({ ...probe, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    const sdp = await page.answer(offered.sdp);
    await engine.delete(probe);
    const descriptors = () =>
      process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
    const before = descriptors();
    let warm = 0;
    for (let n = 0; n < 1000; n++) {
      if (n === 300) warm = heapAfterCollection();
      const ids = { 'call-id': `call-${n}`, 'from-tag': 'a' };
      await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
      // Every tenth is answered as well, by a page that never comes: ICE and DTLS are started for it.
      if (n % 10 === 0) await engine.answer({ ...ids, 'to-tag': 'b', sdp, ...ANSWER_TO_PHONE });
      await engine.delete(ids);
    }
    // Answers are remembered for half a minute, 2 kB for each call; a call that stays has 11.
    expect((heapAfterCollection() - warm) / 700).toBeLessThan(6000);
    await page.close();
    expect(server.counters).toMatchObject({ callsCreated: 1001, callsDeleted: 1001 });
    expect(descriptors()).toBeLessThanOrEqual(before + 2);
    // All fifty pairs are there again: twenty-five calls fit, and not one more.
    const open = (n: number) =>
      engine.offer({
        'call-id': `last-${n}`,
        'from-tag': 'a',
        sdp: phone.sdp(),
        ...OFFER_TO_PAGE,
      });
    for (let n = 0; n < 25; n++) await open(n);
    await expect(open(25)).rejects.toMatchObject({ code: 'RTP_PORTS_EXHAUSTED' });
  });
});
