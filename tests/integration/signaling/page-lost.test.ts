/**
 * A page that goes in a call, on each media engine: what the phone hears of it. The page is a
 * WebSocket that closes, or says in its BYE that it cannot go on.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../../../audio/compare.ts';
import { readWav } from '../../../audio/wav.ts';
import { silent } from '../../../common/log.ts';
import { MediaLink } from '../../../server/media-link.ts';
import { loadPageLost } from '../../../server/notices/page-lost.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { ENGINES, skipReason, type TestEngine } from '../../support/rtpengine.ts';
import { PageLeg, Scene, type WebPage } from './scene.ts';

describe.each(ENGINES)('$name', (kind) => {
  const missing = skipReason(kind);
  it.runIf(missing !== undefined)(`skipped: ${missing ?? ''}`, (context) => context.skip());

  describe.skipIf(missing !== undefined)('a page that goes in a call', () => {
    const closers: (() => Promise<void>)[] = [];
    let engine: TestEngine;
    let notice: Buffer;
    beforeAll(async () => {
      engine = await kind.start({ portMin: 27_600, portMax: 27_799 });
      notice = await loadPageLost();
    });
    afterAll(() => engine.close());
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
    });

    /** An answered call between a phone that records and a page that can be lost. */
    async function answered(options: { says: boolean }) {
      const link = new MediaLink({
        kind: 'external',
        addresses: [{ host: engine.host, port: engine.ngPort }],
        log: silent,
        changed: () => undefined,
      });
      closers.push(() => link.close());
      await link.connect();
      const scene = await Scene.start({
        media: link.media,
        ...(options.says && { playNotice: (id, tag) => link.play(id, tag, notice) }),
      });
      closers.push(() => scene.close());
      const page = await scene.page();
      const { address: host, port } = scene.drachtio.sip('udp');
      const phone = await Softphone.create({ server: { host, port }, user: 'agent001' });
      closers.push(() => phone.close());
      const call = await phone.call({ to: '1000' });
      const media = new RtpPage();
      closers.push(() => media.close());
      const leg = await picksUp(page, media);
      await call.answered;
      await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
      return { scene, leg, call };
    }

    async function picksUp(page: WebPage, media: RtpPage): Promise<PageLeg> {
      const invite = await page.peer.request('INVITE');
      const leg = new PageLeg(page, invite);
      leg.answer(200, await media.answer(invite.body.toString()));
      await leg.request('ACK');
      return leg;
    }

    it.each([
      ['its connection closes', 'close'],
      ['it says that it cannot go on', 'bye'],
    ] as const)('is told of in words, and then the phone gets BYE: %s', async (_, how) => {
      const { scene, leg, call } = await answered({ says: true });
      if (how === 'bye') leg.hangUp('SIP ;cause=480; text="The page was closed"');
      else scene.signaling.flowClosed(sourceOf(scene));
      expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
      const spoken = readWav(notice).channels[0] ?? new Int16Array();
      const { correlation, snrDb } = compare(spoken, call.recording.samples);
      expect(correlation).toBeGreaterThan(0.99);
      expect(snrDb).toBeGreaterThan(20);
      await expect.poll(() => scene.signaling.calls).toEqual([]);
      expect(scene.signaling.endedCalls[0]).toMatchObject({ reason: 'The page was closed' });
    });

    it('is not told of where that is not wanted: the phone gets BYE at once', async () => {
      const { scene, call } = await answered({ says: false });
      scene.signaling.flowClosed(sourceOf(scene));
      expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
      const heard = call.recording.samples;
      expect(heard.every((sample) => Math.abs(sample) < 50)).toBe(true);
    });

    it('a phone that hangs up meanwhile ends the call, and the notice with it', async () => {
      const { scene, call } = await answered({ says: true });
      scene.signaling.flowClosed(sourceOf(scene));
      await expect.poll(() => call.recording.samples.some((s) => Math.abs(s) > 1000)).toBe(true);
      await call.hangup();
      await expect.poll(() => scene.signaling.calls).toEqual([]);
    });

    it('a phone on hold hears nothing, so it is told nothing', async () => {
      const { scene, call } = await answered({ says: true });
      await call.hold();
      await expect.poll(() => scene.signaling.calls[0]?.heldBy).toEqual(['phone']);
      scene.signaling.flowClosed(sourceOf(scene));
      expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
      expect(call.recording.samples.every((sample) => Math.abs(sample) < 50)).toBe(true);
    });
  });
});

/** Where the page is connected from, as its registration says. */
function sourceOf(scene: Scene): string {
  return scene.signaling.registrations.find(({ kind }) => kind === 'page')?.source ?? '';
}
