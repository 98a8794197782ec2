/**
 * `bridge` in the console: what it injects is heard, what it impairs is lost, and what it reports and
 * measures is there, without secrets.
 */
import type { Page } from 'playwright/test';
import type { KeptRecording } from '../../web/recording/recordings.ts';
import { toneLevel } from '../support/signals.ts';
import type { AgentSession } from '../support/test-agent.ts';
import { expect, test } from './fixtures.ts';

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies before the engine');
});

test('what is injected is heard, on either side', async ({ agent, openPage, phone }) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000', codecs: ['pcmu'] });
  await call.answered;
  const session = await agent.session();
  await frames(session, 25);
  await page.evaluate("bridge.inject({hz: 440, ms: 800, dbfs: -6}, {as: 'agent'})");
  await page.evaluate('bridge.inject({hz: 1000, ms: 800, dbfs: -6})');
  await expect
    .poll(() => loudest(session.pcm, 16_000, 1_000), { timeout: 20_000 })
    .toBeGreaterThan(0.4);
  await expect
    .poll(() => loudest(call.recording.samples, 8_000, 440), { timeout: 20_000 })
    .toBeGreaterThan(0.4);
  // Each on its own side only.
  expect(loudest(session.pcm, 16_000, 440)).toBeLessThan(0.05);
  expect(loudest(call.recording.samples, 8_000, 1_000)).toBeLessThan(0.05);

  // Somebody reads along, and it is what the report says.
  const seen = page.evaluate(`(async () => {
    for await (const {from, type, text} of bridge.events) if (type === 'transcript') return from + text;
  })()`);
  const send = setInterval(
    () => session.send(JSON.stringify({ type: 'transcript', text: ' hello', is_final: true })),
    200,
  );
  expect(await seen).toBe('agent hello');
  clearInterval(send);
  const report = await page.evaluate<{
    calls: { callId: string; framesToAgent: number }[];
  }>('bridge.report()');
  expect(report.calls[0]).toMatchObject({ callId: call.callId, state: 'answered' });
  expect(report.calls[0]?.framesToAgent).toBeGreaterThan(25);
  expect(JSON.stringify(report)).not.toContain('"login"');
  expect(await page.evaluate('bridge.help()')).toContain('bridge.impair(');
  expect(await page.evaluate('bridge.stats()')).toMatchObject([{ callId: call.callId }]);

  // What runs leads to its sources.
  const script = await page.locator('script[type=module]').getAttribute('src');
  const map = await page.request.get(new URL(`${script ?? ''}.map`, page.url()).href);
  expect(((await map.json()) as { sources: string[] }).sources.join()).toContain('call-media.ts');

  // The call's own tracks in the Performance panel.
  await call.hangup();
  await expect.poll(() => tracksOf(page), { timeout: 20_000 }).toContain('Call');
  expect(await tracksOf(page)).toContain('Turns');
});

test('packets that are impaired are missed; a call is kept from when it is asked for', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000', codecs: ['pcmu'] });
  await call.answered;
  const session = await agent.session();
  await frames(session, 25);
  const counters = () =>
    page.evaluate<{ concealedMs: number; late: number }>('bridge.calls[0].counters');
  await page.getByTestId('record-button').click();
  await page.evaluate('bridge.impair({loss: 0.3})');
  await expect
    .poll(async () => (await counters()).concealedMs, { timeout: 20_000 })
    .toBeGreaterThan(100);
  await page.evaluate('bridge.impair({jitter: 200})');
  const { late } = await counters();
  await expect.poll(async () => (await counters()).late, { timeout: 20_000 }).toBeGreaterThan(late);
  // The agent has its frames all the same.
  const before = session.frames.length;
  await frames(session, before + 50);
  await page.getByTestId('record-button').click();
  const kept = () =>
    page.evaluate<readonly KeptRecording[]>('bridge.recordings.filter(({complete}) => complete)');
  await expect.poll(async () => (await kept()).length, { timeout: 20_000 }).toBe(1);
  const [recording] = await kept();
  expect(recording?.callId).toBe(call.callId);
  expect(recording?.offsetMs).toBeGreaterThan(0);
  expect(recording?.durationMs).toBeGreaterThan(900);
  await call.hangup();
});

/** The tone's level where it is loudest, in quarters of a second: however long it is silent besides. */
function loudest(samples: Int16Array, rate: number, hz: number): number {
  let most = 0;
  for (let at = 0; at + rate / 4 <= samples.length; at += rate / 4) {
    most = Math.max(most, toneLevel(samples.subarray(at, at + rate / 4), rate, hz));
  }
  return most;
}

/** Names of the tracks that the page has drawn. */
function tracksOf(page: Page): Promise<string[]> {
  return page.evaluate(
    `performance.getEntriesByType('measure').map(({detail}) => detail?.devtools?.track)`,
  );
}

/** Waits until the agent has received `count` frames. */
async function frames(session: AgentSession, count: number): Promise<void> {
  await expect
    .poll(() => session.frames.length, { timeout: 20_000, intervals: [50] })
    .toBeGreaterThanOrEqual(count);
}
