/**
 * The audio path does not notice what happens to the page: its main thread stands still for two
 * seconds, or it is hidden. What both sides hear stays whole, in order and on time.
 */
import type { Page } from 'playwright/test';
import { idealCallerToAgent } from '../../audio/compare.ts';
import { Resampler } from '../../audio/resampler.ts';
import { framesOf } from '../bench/caller.ts';
import { measureCallerToAgent } from '../../server/demo/measure.ts';
import { hide } from '../support/hidden-page.ts';
import { bytesOf, sweep } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';
import { expectHeard, expectWhole, isSteady, longestGap } from './voice.ts';

const QUIET_SECONDS = 1;
const SECONDS = 5;
const speech = sweep({
  sampleRate: 8000,
  seconds: SECONDS,
  fromHz: 300,
  toHz: 3300,
  amplitude: 0.5,
});
const caller = new Int16Array(8000 * QUIET_SECONDS + speech.length);
caller.set(speech, 8000 * QUIET_SECONDS);
const answer = sweep({ sampleRate: 16_000, seconds: 4, fromHz: 3000, toHz: 250, amplitude: 0.5 });
/** A busy machine may make a frame late by so much; a stall of the page would make a hundred of them later. */
const LATE_MS = 500;
/** What stands still with the page does so for two seconds. */
const STALL_MS = 1_800;

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies behind the engine');
});

const disturbances: readonly [string, (page: Page) => Promise<void>][] = [
  [
    "the page's main thread stands still for 2 s",
    (page) =>
      page.evaluate(
        '{ const until = performance.now() + 2000; while (performance.now() < until); }',
      ),
  ],
  ['the page is hidden', hide],
];

for (const [what, disturb] of disturbances) {
  test(`${what}: no frame is lost or late, either way`, async ({ agent, openPage, phone }) => {
    const page = await openPage();
    const sentAt: number[] = [];
    const heardAt: number[] = [];
    const call = await phone.call({
      to: '1000',
      play: caller,
      codecs: ['pcmu'],
      onPacketSent: (_sequence, _stamp, at) => sentAt.push(at),
      onPacketReceived: (_sequence, _stamp, at) => heardAt.push(at),
    });
    await call.answered;
    const session = await agent.session();
    await expect.poll(() => sentAt.length, { intervals: [20] }).toBeGreaterThan(75);
    const from = performance.now();
    const disturbed = disturb(page);
    // It has to be read from the socket and paced while nobody attends to the page.
    session.send(bytesOf(answer));
    await disturbed;
    const packets = (QUIET_SECONDS + SECONDS) * 50;
    await expect.poll(() => sentAt.length, { intervals: [20] }).toBeGreaterThan(packets + 10);
    const to = performance.now();
    await call.hangup();

    const ideal = idealCallerToAgent(speech, 'pcmu');
    expectWhole(ideal, session, sentAt);
    expect(longestGap(session.times)).toBeLessThan(STALL_MS);
    if (isSteady(sentAt, session.times)) {
      const up = measureCallerToAgent(
        { samples: speech, law: 'pcmu', packetTimes: sentAt.slice(QUIET_SECONDS * 50) },
        framesOf(session),
      );
      expect(up.latencyMs.p95).toBeLessThan(LATE_MS);
    }

    const down = new Resampler({ from: 16_000, to: 8000 });
    const idealAnswer = down.process(answer).slice(Math.round(down.delaySamples));
    expectHeard(idealAnswer, call.recording.samples, heardAt);
    const during = heardAt.filter((at) => at >= from && at <= to);
    expect(longestGap(during)).toBeLessThan(STALL_MS);
    expect(during.length).toBeGreaterThan(((to - from) / 20) * 0.85);
  });
}
