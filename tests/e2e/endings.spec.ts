/** What both ends hear when a part of the bridge goes away in a call. */
import { expect, test } from './fixtures.ts';

test('the bridge stops: the phone gets BYE with why, the page is told, in less than 3 s', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  const started = performance.now();
  const code = await bridge.stop();
  expect(performance.now() - started).toBeLessThan(3000);
  expect(code).toBe(0);
  expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  await session.closed;
  await expect(page.getByText('Ended by the far end: The bridge stops.').first()).toBeVisible();
});

test('the page is reloaded in a call: the phone hears BYE within a second, and can call again', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  const ended = call.ended.then((how) => ({ how, at: performance.now() }));
  const started = performance.now();
  await page.reload({ waitUntil: 'commit' });
  const { how, at } = await ended;
  expect(how).toMatchObject({ cause: 'hangup', by: 'remote' });
  expect(at - started).toBeLessThan(1000);
  await session.closed;
  await bridge.until('the page is back', ({ registrations, calls }) => {
    return calls.length === 0 && registrations.filter(({ kind }) => kind === 'page').length === 1;
  });
  const next = await phone.call({ to: '1000' });
  await next.answered;
  await next.hangup();
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
    .poll(() => session.frames.length, { timeout: 20_000, intervals: [50] })
    .toBeGreaterThanOrEqual(from + 100);
  const rate = ((session.frames.length - from) * 1000) / (performance.now() - at);
  expect(rate).toBeGreaterThan(45);
  await call.resume();
  await expect(page.getByTestId('call-state')).toHaveAttribute('data-state', 'answered');
  await call.hangup();
});
