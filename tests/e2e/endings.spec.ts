/** What both ends hear when a part of the bridge goes away in a call. */
import { compare } from '../../audio/compare.ts';
import { readWav } from '../../audio/wav.ts';
import type { CallTrace } from '../../common/api.ts';
import { loadPageLost } from '../../server/notices/page-lost.ts';
import { expect, test } from './fixtures.ts';

test('the bridge stops: the phone gets BYE with why, and the page is told', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  expect(await bridge.stop()).toBe(0);
  expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  await session.closed;
  await expect(page.getByText('Ended by the far end: The bridge stops.').first()).toBeVisible();
});

test('the page is reloaded in a call: the phone hears BYE and why, and can call again', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  await page.reload({ waitUntil: 'commit' });
  expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  await session.closed;
  // Whether the page could still say so, or only its connection closed.
  const trace = await fetch(`${bridge.url}/api/calls/${encodeURIComponent(call.callId)}/trace`);
  const { messages } = (await trace.json()) as CallTrace;
  const bye = messages.find(({ leg, summary }) => leg === 'phone' && summary.startsWith('BYE'));
  expect(bye?.text).toContain('Reason: SIP;cause=480;text="The page was closed"');
  await bridge.until('the page is back', ({ registrations, calls }) => {
    return calls.length === 0 && registrations.filter(({ kind }) => kind === 'page').length === 1;
  });
  const next = await phone.call({ to: '1000' });
  await next.answered;
  await next.hangup();
});

test.describe('where phones are told', () => {
  test.use({ settings: { BRIDGE_SIP_ON_PAGE_LOST: 'notice' } });
  test('the page crashes in a call: the phone hears so in words, and then BYE', async ({
    agent,
    bridge,
    engine,
    openPage,
    phone,
  }) => {
    test.skip(engine === 'rtpengine', 'both engines are made to speak in the integration tests');
    const page = await openPage();
    const call = await phone.call({ to: '1000' });
    await call.answered;
    const session = await agent.session();
    const devtools = await page.context().newCDPSession(page);
    // It is answered by nobody.
    devtools.send('Page.crash').catch(() => undefined);
    expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
    const [words = new Int16Array()] = readWav(await loadPageLost()).channels;
    expect(compare(words, call.recording.samples).correlation).toBeGreaterThan(0.99);
    await session.closed;
    await bridge.until('nothing is left', ({ calls }) => calls.length === 0);
  });
});

test('the phone holds: the page shows it, the agent goes on hearing 50 frames a second', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  await call.hold();
  await expect(page.getByTestId('call-state')).toHaveAttribute('data-state', 'held');
  const [from, at] = [session.frames.length, performance.now()];
  await expect
    .poll(() => session.frames.length, { intervals: [50] })
    .toBeGreaterThanOrEqual(from + 100);
  const rate = ((session.frames.length - from) * 1000) / (performance.now() - at);
  // 50, less what a slow machine is late by at the end.
  expect(rate).toBeGreaterThan(30);
  await call.resume();
  await expect(page.getByTestId('call-state')).toHaveAttribute('data-state', 'answered');
  await call.hangup();
});
