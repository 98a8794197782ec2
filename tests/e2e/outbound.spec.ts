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
  // Registered phones are there to be clicked.
  await page.getByRole('button', { name: 'agent001' }).click();
  await expect(page.getByTestId('call-state')).toHaveAttribute('data-state', 'answered');
  await expect(page.getByTestId('call-caller')).toHaveText('agent001');

  const session = await agent.session();
  expect(session.id).toBe(taken?.callId);
  expect(session.query.get('phone_number')).toBe('agent001');
  session.send(bytesOf(tone(1300, 16_000)));
  await expect.poll(() => session.frames.length, { intervals: [50] }).toBeGreaterThanOrEqual(150);
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

test('the phone is busy, declines, or is not there, and the page says so', async ({
  agent,
  bridge,
  openPage,
}) => {
  const page = await openPage();
  const dial = async (number: string) => {
    await page.getByTestId('dial-input').fill(number);
    await page.getByTestId('dial-button').click();
  };
  await dial('agent001');
  await expect(page.getByText('Not answered: agent001 is not registered.').first()).toBeVisible();
  let react: (call: IncomingCall) => void = () => undefined;
  const phone = await desk(bridge, (call) => react(call));
  const cases: readonly [(call: IncomingCall) => void, string][] = [
    [(call) => call.reject(486), 'Not answered: Busy Here.'],
    [(call) => call.reject(603, 'Not now'), 'Not answered: Not now.'],
  ];
  for (const [reaction, sentence] of cases) {
    react = reaction;
    await dial('agent001');
    await expect(page.getByText(sentence).first()).toBeVisible();
    await expect(page.getByTestId('call-card')).toHaveCount(0);
  }
  // Nobody was there: the agent was not bothered.
  expect(agent.sessions).toEqual([]);
  await phone.close();
});

test('a program has a phone called, and hears how it went', async ({ agent, bridge, openPage }) => {
  const page = await openPage();
  let taken: IncomingCall | undefined;
  const phone = await desk(bridge, (call) => {
    taken = call;
    call.ring();
    void call.answer({ play: tone(700, 8000) });
  });
  const call = (body: object) =>
    fetch(`${bridge.url}/api/calls?wait=1`, { method: 'POST', body: JSON.stringify(body) });
  const answered = (await (await call({ to: 'agent001' })).json()) as { callId: string };
  expect(answered).toMatchObject({ state: 'answered', direction: 'outbound' });

  const session = await agent.session();
  expect(session.id).toBe(answered.callId);
  session.send(bytesOf(tone(1300, 16_000)));
  await expect.poll(() => session.frames.length, { intervals: [50] }).toBeGreaterThanOrEqual(120);
  await fetch(`${bridge.url}/api/calls/${answered.callId}`, { method: 'DELETE' });
  expect(await taken?.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  await expect(page.getByTestId('call-card')).toHaveCount(0);
  expect(toneLevel(session.pcm.slice(-32_000, -16_000), 16_000, 700)).toBeGreaterThan(0.3);
  const played = taken?.recording.samples ?? new Int16Array();
  expect(toneLevel(played.slice(8000, 16_000), 8000, 1300)).toBeGreaterThan(0.3);
  await phone.unregister();
  await phone.close();

  const gone = await call({ to: 'agent001' });
  expect([gone.status, await gone.json()]).toMatchObject([404, { code: 'NOT_REGISTERED' }]);
});

test('two pages ring, the first to answer gets the call, the other hears so', async ({
  agent,
  bridge,
  newPage,
  openPage,
  phone,
}) => {
  const first = await openPage();
  const second = await newPage();
  await second.goto(`${bridge.url}/?start`);
  await bridge.until(
    'both pages are registered',
    ({ registrations }) => registrations.filter(({ kind }) => kind === 'page').length === 2,
  );
  const call = await phone.call({ to: '1000', play: tone(700, 8000) });
  await call.answered;
  const session = await agent.session();
  expect(session.id).toBe(call.callId);
  await expect.poll(() => session.frames.length, { intervals: [50] }).toBeGreaterThanOrEqual(100);
  // One page talks, the other one was told, and the agent saw one of them only.
  const cards = [first, second].map((page) => page.getByTestId('call-card'));
  await expect
    .poll(async () => (await Promise.all(cards.map((card) => card.count()))).sort())
    .toEqual([0, 1]);
  const talks = (await cards[0]?.count()) === 1 ? first : second;
  const other = talks === first ? second : first;
  // Both answer at once: what the loser is told depends on how far its answer was.
  await expect(
    other.getByText(/Call completed elsewhere|taken back just as this page/).first(),
  ).toBeVisible();
  await expect(talks.getByTestId('call-state')).toHaveAttribute('data-state', 'answered');
  expect(agent.sessions).toHaveLength(1);
  expect(toneLevel(session.pcm.slice(-16_000), 16_000, 700)).toBeGreaterThan(0.3);
  await call.hangup();
});

test('a page opened with ?user=anna is registered under that name', async ({
  bridge,
  engine,
  newPage,
}) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies before the engine');
  const page = await newPage();
  await page.goto(`${bridge.url}/?start&user=anna`);
  await bridge.until('anna is registered', ({ registrations }) =>
    registrations.some(({ kind, aor }) => kind === 'page' && aor.startsWith('anna@')),
  );
});
