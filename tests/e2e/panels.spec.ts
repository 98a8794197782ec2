/**
 * What the page shows beside the call: the SIP ladder, the figures of the network, the log, the
 * set-up of a phone, the chain. Looks are the same over either engine, so one is enough.
 */
import { MutePhone } from '../support/mute-phone.ts';
import { TestAgent } from '../support/test-agent.ts';
import { expect, test } from './fixtures.ts';

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies before the engine');
});

test('the ladder shows both legs in order, and offer beside answer', async ({
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  await page.getByTestId('ladder-button').click();
  const rungs = page.getByTestId('rung');
  // The phone's ACK is the last message until somebody hangs up.
  await expect(rungs.filter({ hasText: 'ACK' })).toHaveCount(2);
  const messages = await Promise.all(
    (await rungs.all()).map(async (rung) => [
      await rung.getAttribute('data-sip-call-id'),
      await rung.getAttribute('data-summary'),
    ]),
  );
  const [id] = messages[0] ?? [];
  expect(id).toBe(call.callId);
  const on = (isPhone: boolean) =>
    messages
      .filter(([sipCallId]) => (sipCallId === id) === isPhone)
      .map(([, summary]) => summary?.replace(/ sip:.*/, ''));
  const answered = ['INVITE', '100 Trying (INVITE)', '180 Ringing (INVITE)', '200 OK (INVITE)'];
  expect(on(true)).toEqual([...answered, 'ACK']);
  expect(on(false)).toEqual([...answered, 'ACK']);

  // By keyboard to the phone's INVITE and from there to its answer.
  await rungs.first().click();
  await page.keyboard.press('End');
  await expect(page.getByTestId('sip-message')).toContainText('ACK sip:');
  await page.keyboard.press('ArrowUp');
  const message = page.getByTestId('sip-message');
  await expect(message).toContainText('SIP/2.0 200 OK');
  await expect(message).toContainText(`Call-ID: ${call.callId}`);
  await expect(page.getByTestId('sip-body')).toContainText('m=audio');
  const differences = page.getByTestId('offer-answer').locator('tr.changed');
  await expect(differences.filter({ hasText: 'm=audio' })).toHaveCount(1);
  await expect(page.getByTestId('offer-answer').locator('tr.offered')).toContainText(['rtpmap']);

  const links = page.getByTestId('ladder-dialog').getByRole('link');
  const kept = await Promise.all(
    (await links.all()).map(async (link) => {
      const file = await page.request.get(
        `${bridge.url}${(await link.getAttribute('href')) ?? ''}`,
      );
      return [await link.textContent(), [...(await file.body()).subarray(0, 4)]];
    }),
  );
  const first = (text: string) => [...Buffer.from(text)];
  expect(kept).toEqual([
    ['text', first('Call')],
    ['JSON', first('{"ca')],
    ['pcap', [0xd4, 0xc3, 0xb2, 0xa1]],
  ]);
  // It grows while it is open, and outlives the call.
  await call.hangup();
  await expect(rungs.filter({ hasText: 'BYE' })).toHaveCount(4);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('ladder-dialog')).toBeHidden();
});

test('the charts of the network have figures of every way, leg and queue', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  session.send(new Uint8Array(32_000 * 3));
  await page.getByTestId('network').locator('summary').click();
  for (const key of ['loss', 'jitter', 'round-trip', 'mos', 'playout', 'socket']) {
    const chart = page.getByTestId(`chart-${key}`);
    await expect(chart).not.toHaveAttribute('data-values', '0');
    await expect(chart.locator('canvas')).toBeVisible();
    await expect(chart.locator('figcaption')).toContainText(/\d/);
  }
  // Loopback loses nothing.
  await expect(page.getByTestId('chart-loss')).toContainText('0.0 %');
  await call.hangup();
});

test('the chain turns red with the agent and green again; the log is filtered, searched and explained', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const light = page.getByTestId('chain-agent');
  const call = await phone.call({ to: '1000' });
  await call.answered;
  await agent.session();
  await expect(light).toHaveAttribute('data-light', 'green');
  const { port } = agent;
  await agent.close();
  await expect(light).toHaveAttribute('data-light', 'red');
  await expect(light).toContainText('This page connects as soon as the agent is there.');
  const back = await TestAgent.start(port);
  await back.session();
  await expect(light).toHaveAttribute('data-light', 'green');
  await call.hangup();
  await back.close();

  const log = page.getByTestId('event-log');
  const entries = log.getByRole('listitem');
  await expect(log).not.toContainText('INVITE');
  await page.getByTestId('log-level').selectOption('debug');
  await page.getByTestId('log-kind').selectOption('sip');
  await page.getByTestId('log-search').fill('invite sip:1000');
  await expect(entries).toHaveCount(1);
  await expect(entries).toContainText('phone → bridge: INVITE sip:1000');
  await page.getByTestId('log-search').fill('');
  await page.getByTestId('log-kind').selectOption('agent');
  await page.getByTestId('log-level').selectOption('warn');
  const code = log.getByTestId('error-code').first();
  await code.click();
  await expect(log.getByTestId('explanation').first()).toContainText('What to do:');

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByTestId('copy-log-json').getByRole('button').click();
  await expect(page.getByTestId('copy-log-json')).toContainText('Copied');
  const copied = JSON.parse(await page.evaluate('navigator.clipboard.readText()')) as object[];
  expect(copied[0]).toMatchObject({ kind: 'agent', callId: call.callId });
});

test('a phone whose SIP comes and whose RTP never does is called by its name', async ({
  bridge,
  openPage,
}) => {
  const page = await openPage();
  const phone = await MutePhone.create(await bridge.phoneServer(), 'mute');
  await phone.register();
  await expect(page.getByTestId('chain-phone')).toHaveAttribute('data-light', 'green');
  const hangUp = await phone.call('1000');
  const link = page.getByTestId('chain-phone');
  await expect(link).toHaveAttribute('data-light', 'red');
  await expect(link).toContainText('SIP of mute arrives, and no RTP ever came from 127.0.0.1.');
  await hangUp();
  // The readiness before the next call knows it, too.
  await expect(
    page.getByTestId('readiness').locator('[data-code=MEDIA_NO_PHONE_RTP]'),
  ).toContainText(
    'SIP of mute at 127.0.0.1 arrives and is answered, but no RTP came from it in its call.',
  );
  phone.close();
});
