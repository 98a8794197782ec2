/**
 * What tests of both engines share: an engine with a client, and phones and pages that are closed
 * after each test, with the calls they were in.
 */
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PAGE } from '../../../rtpengine/profiles.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { RtpPhone, rtpPacket } from '../../support/rtp.ts';
import { ENGINES, skipReason, type PortRange, type TestEngine } from '../../support/rtpengine.ts';

export const PHONE_SSRC = 0x11223344;
export const PAGE_SSRC = 0x55667788;

export interface Ids {
  readonly 'call-id': string;
  readonly 'from-tag': string;
}

export interface TestCall {
  readonly ids: Ids;
  readonly phone: RtpPhone;
  readonly page: RtpPage;
  /** What the page and the phone were told. */
  readonly toPage: string;
  readonly toPhone: string;
}

let serial = 0;

export class EngineScene {
  readonly kind: (typeof ENGINES)[number];
  readonly #range: PortRange;
  #server: TestEngine | undefined;
  #engine: MediaEngine | undefined;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(kind: (typeof ENGINES)[number], range: PortRange) {
    this.kind = kind;
    this.#range = range;
  }

  get engine(): MediaEngine {
    if (this.#engine === undefined) throw new Error('The engine is not started');
    return this.#engine;
  }

  async start(): Promise<void> {
    this.#server = await this.kind.start(this.#range);
    const { host, ngPort: port } = this.#server;
    this.#engine = await connectRtpengine({ host, port });
  }

  async tidy(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async stop(): Promise<void> {
    await this.#engine?.close();
    await this.#server?.close();
  }

  /** The names of a new call, deleted after the test. */
  ids(): Ids {
    const ids = { 'call-id': `call-${++serial}@127.0.0.1`, 'from-tag': 'from' };
    this.#closers.push(() => this.engine.delete({ 'call-id': ids['call-id'] }));
    return ids;
  }

  async phone(): Promise<RtpPhone> {
    const phone = await RtpPhone.open();
    this.#closers.push(() => phone.close());
    return phone;
  }

  page(): RtpPage {
    const page = new RtpPage();
    this.#closers.push(() => page.close());
    return page;
  }

  /** The phone calls the page, which answers; resolves when media can flow. */
  async call(sdp = (phone: RtpPhone): string => phone.sdp()): Promise<TestCall> {
    const ids = this.ids();
    const phone = await this.phone();
    const page = this.page();
    const offer = await this.engine.offer({ ...ids, sdp: sdp(phone), ...OFFER_TO_PAGE });
    const answer = await this.engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: await page.answer(offer.sdp),
      ...ANSWER_TO_PHONE,
    });
    phone.connect(answer.sdp);
    await page.start();
    await untilOpen(phone, page);
    return { ids, phone, page, toPage: offer.sdp, toPhone: answer.sdp };
  }
}

/** The same tests on the embedded engine and on the real one. */
export function onEachEngine(
  name: string,
  range: PortRange,
  body: (scene: EngineScene) => void,
): void {
  describe.each(ENGINES)('$name', (kind) => {
    const missing = skipReason(kind);
    test.runIf(missing !== undefined)(`skipped: ${missing ?? ''}`, (context) => context.skip());
    describe.skipIf(missing !== undefined)(name, () => {
      const scene = new EngineScene(kind, range);
      beforeAll(() => scene.start());
      afterEach(() => scene.tidy());
      afterAll(() => scene.stop());
      body(scene);
    });
  });
}

/** Sends until the path is open: the engine's DTLS may end a moment after the page's. */
export async function untilOpen(phone: RtpPhone, page: RtpPage, ssrc = PHONE_SSRC): Promise<void> {
  let n = 64000;
  const pump = setInterval(() => phone.send(fromPhone(n++, ssrc)), 5);
  const before = page.rtp.received.length;
  await page.rtp.first(before + 1);
  clearInterval(pump);
  // What is still on its way must not be taken for what the test sends next.
  await page.rtp.until((packet) => packet.readUInt16BE(2) === (n - 1) % 65536);
}

export function fromPhone(n: number, ssrc = PHONE_SSRC): Buffer {
  return rtpPacket({ payloadType: 8, sequence: n, timestamp: n * 160, ssrc });
}

export function fromPage(n: number, ssrc = PAGE_SSRC): Buffer {
  return rtpPacket({ payloadType: 8, sequence: n, timestamp: n * 160, ssrc });
}

export function portIn(sdp: string): number {
  return Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
}

/** The lines of the audio section that begin so. */
export function linesOf(sdp: string, start: string): string[] {
  return sdp.split('\r\n').filter((line) => line.startsWith(start));
}
