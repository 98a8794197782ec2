/** Calls from the page to a phone, and for the HTTP API: who hears what, and what the page says. */
import { Softphone } from '../../softphone/softphone.ts';
import type { IncomingCall } from '../../softphone/incoming-call.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import type { BridgeProcess } from '../support/bridge-process.ts';
import { expect, test } from './fixtures.ts';

const tone = (hz: number, sampleRate: number) =>
  sweep({ sampleRate, seconds: 4, fromHz: hz, toHz: hz, amplitude: 0.4 });

/** A registered phone that does with a call what the test says. */
async function desk(
  bridge: BridgeProcess,
  onCall: (call: IncomingCall) => void,
): Promise<Softphone> {
  const phone = await Softphone.create({
    server: await bridge.phoneServer(),
    user: 'agent001',
    password: 'any',
    onCall,
  });
  await phone.register();
  return phone;
}

test('the page calls a phone, and the agent talks to whoever answers', async ({
  agent,
  bridge,
  openPage,
}) => {
  const page = await openPage();
  let taken: IncomingCall | undefined;
  const phone = await desk(bridge, (call) => {
    taken = call;
    call.ring();
    void call.answer({ play: tone(700, 8000) });
  });
  await page.getByTestId('dial-input').fill('agent001');
  await page.getByTestId('dial-button').click();
  await expect(page.getByTestId('call-state')).toHaveAttribute('data-state', 'answered');
  await expect(page.getByTestId('call-caller')).toHaveText('agent001');

  const session = await agent.session();
  expect(session.id).toBe(taken?.callId);
  session.send(bytesOf(tone(1300, 16_000)));
  await expect
    .poll(() => session.frames.length, { timeout: 20_000, intervals: [50] })
    .toBeGreaterThanOrEqual(150);
  const [status] = (await bridge.status()).calls;
  expect(status).toMatchObject({
    callId: session.id,
    direction: 'outbound',
    dialled: 'agent001',
    state: 'answered',
  });
  await page.getByTestId('hangup-button').click();
  expect(await taken?.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  expect(await session.closed).toBe(1000);

  // A second each, once both ways are open: the phone's tone at the agent, the agent's at the phone.
  const heard = session.pcm.slice(-32_000, -16_000);
  expect(toneLevel(heard, 16_000, 700)).toBeGreaterThan(0.3);
  const played = taken?.recording.samples ?? new Int16Array();
  expect(toneLevel(played.slice(8000, 16_000), 8000, 1300)).toBeGreaterThan(0.3);
  await phone.close();
});

test.describe('the phone does not take it, and the page says so', () => {
  const cases: readonly [string, (call: IncomingCall) => void, string][] = [
    ['busy', (call) => call.reject(486), 'Not answered: Busy Here.'],
    ['declined', (call) => call.reject(603, 'Not now'), 'Not answered: Not now.'],
  ];
  for (const [what, react, sentence] of cases) {
    test(what, async ({ agent, bridge, openPage }) => {
      const page = await openPage();
      const phone = await desk(bridge, react);
      await page.getByTestId('dial-input').fill('agent001');
      await page.getByTestId('dial-button').click();
      await expect(page.getByText(sentence).first()).toBeVisible();
      await expect(page.getByTestId('call-card')).toHaveCount(0);
      // Nobody was there: the agent was not bothered.
      expect(agent.sessions).toEqual([]);
      await phone.close();
    });
  }

  test('not registered', async ({ openPage }) => {
    const page = await openPage();
    await page.getByTestId('dial-input').fill('agent009');
    await page.getByTestId('dial-button').click();
    await expect(page.getByText('Not answered: agent009 is not registered.').first()).toBeVisible();
  });
});
