/** The page before and after calls: its one button, what it says when the browser will not do. */
import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies before the engine');
});

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

/** As Firefox and Safari lack them: one by one, or both ways of taking the caller's voice out. */
const LACKING: readonly (readonly [missing: readonly string[], sentence: string])[] = [
  [
    ['MediaStreamTrackGenerator'],
    'no MediaStreamTrackGenerator, with which the agent’s voice is put into the call',
  ],
  [['RTCPeerConnection'], 'no RTCPeerConnection'],
  [
    ['RTCRtpScriptTransform', 'MediaStreamTrackProcessor'],
    'no RTCRtpScriptTransform or MediaStreamTrackProcessor, with which the caller’s voice is taken out of it',
  ],
];
test('a browser that lacks what it takes is told so', async ({ bridge, newPage }) => {
  for (const [missing, sentence] of LACKING) {
    const page = await newPage();
    await lack(page, missing);
    await page.goto(`${bridge.url}/?start`);
    const log = page.getByTestId('event-log');
    await expect(log).toContainText('BROWSER_UNSUPPORTED');
    await expect(log).toContainText(`This browser has ${sentence}.`);
    await expect(log).toContainText('open this page in Chrome or Edge');
    // The same in the chain, and no button that could not do what it says.
    const link = page.getByTestId('chain-page');
    await expect(link).toHaveAttribute('data-light', 'red');
    await expect(link).toContainText('Open this page in Chrome or Edge.');
    await expect(page.getByText('This browser cannot be the bridge')).toBeVisible();
    await expect(page.locator('ready-panel')).toContainText(sentence);
    const hint = page.getByTestId('readiness').locator('[data-code=BROWSER_UNSUPPORTED]');
    await expect(hint).toContainText('This browser cannot take calls.');
    await expect(page.getByTestId('start-button')).toHaveCount(0);
  }
});

test('a browser without script transforms alone takes calls, and is told what it costs', async ({
  agent,
  openPage,
  page,
  phone,
}) => {
  await lack(page, ['RTCRtpScriptTransform']);
  await openPage();
  const hint = page.getByTestId('readiness').locator('[data-code=BROWSER_OLD]');
  await expect(hint).toContainText('audio takes the slower way, some 40 ms more');
  await expect(hint).toContainText('use Chrome or Edge 141 or newer');
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  await expect.poll(() => session.frames.length).toBeGreaterThan(10);
  await expect(page.getByTestId('capture-select')).toHaveAttribute('data-capture', 'track');
  await call.hangup();
});

/** Before anything of the page runs. */
async function lack(page: Page, names: readonly string[]): Promise<void> {
  await page.addInitScript((missing: readonly string[]) => {
    for (const name of missing) Reflect.deleteProperty(globalThis, name);
  }, names);
}
