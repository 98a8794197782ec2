/** The page before and after calls: its one button, what it says when the browser will not do. */
import { expect, test } from './fixtures.ts';

test('one button starts it; it registers and says so, and what to type into the phone', async ({
  bridge,
  page,
}) => {
  await page.goto(bridge.url);
  await expect(page.getByTestId('registration-state')).toHaveAttribute('data-state', 'idle');
  const { host, port } = await bridge.phoneServer();
  await expect(page.getByTestId('setup-card')).toContainText(`${host}:${port}`);
  await expect(page.getByTestId('setup-card')).toContainText('agent001');
  await page.getByTestId('start-button').click();
  await expect(page.getByTestId('registration-state')).toHaveAttribute('data-state', 'registered');
  await bridge.until('the page is registered', ({ registrations }) => registrations.length === 1);
});

test('a reload replaces the registration and the next call is answered', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const [before] = (await bridge.status()).registrations.filter(({ kind }) => kind === 'page');
  await page.reload();
  await bridge.until('the reloaded page is registered, alone', ({ registrations }) => {
    const pages = registrations.filter(({ kind }) => kind === 'page');
    return pages.length === 1 && pages[0]?.contact !== before?.contact;
  });
  const call = await phone.call({ to: '1000' });
  expect(await call.answered).toMatchObject({ status: 200 });
  const session = await agent.session();
  await expect.poll(() => session.frames.length).toBeGreaterThan(10);
  await call.hangup();
});

for (const api of ['MediaStreamTrackGenerator', 'RTCPeerConnection']) {
  test(`a browser without ${api} is told so`, async ({ bridge, page }) => {
    await page.addInitScript((name) => {
      Reflect.deleteProperty(globalThis, name);
    }, api);
    await page.goto(`${bridge.url}/?start`);
    await expect(page.getByTestId('event-log')).toContainText('BROWSER_UNSUPPORTED');
    await expect(page.getByTestId('event-log')).toContainText(api);
  });
}
