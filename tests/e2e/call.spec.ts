/**
 * The main job: a phone dials, the page answers, the caller's voice reaches the agent and the
 * agent's voice the phone, sample by sample. And every way in which a call can end.
 */
import { idealCallerToAgent } from '../../audio/compare.ts';
import { Resampler } from '../../audio/resampler.ts';
import { Softphone } from '../../softphone/softphone.ts';
import { driftMs } from '../support/pace.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';
import { expectHeard, expectWhole, frames } from './voice.ts';

const speech = sweep({
  sampleRate: 8000,
  seconds: 3,
  fromHz: 300,
  toHz: 3300,
  amplitude: 0.5,
});
/** Nobody speaks in the first half second: until its handshake with the page is over, an engine
 * may drop what the phone sends. */
const caller = new Int16Array(4000 + speech.length);
caller.set(speech, 4000);
const answer = sweep({
  sampleRate: 16_000,
  seconds: 2,
  fromHz: 3000,
  toHz: 250,
  amplitude: 0.5,
});

/** What the phone is to hear of `answer`. */
function idealAnswer(): Int16Array {
  const down = new Resampler({ from: 16_000, to: 8000 });
  return down.process(answer).slice(Math.round(down.delaySamples));
}

test('voice crosses both ways, to the sample, in either law; a second call works as the first', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  for (const law of ['pcmu', 'pcma'] as const) {
    const sentAt: number[] = [];
    const heardAt: number[] = [];
    const call = await phone.call({
      to: '1000',
      play: caller,
      codecs: [law],
      onPacketSent: (_sequence, _timestamp, timeMs) => sentAt.push(timeMs),
      onPacketReceived: (_sequence, _timestamp, timeMs) => heardAt.push(timeMs),
    });
    const { status, codec } = await call.answered;
    expect({ status, codec }).toEqual({ status: 200, codec: law });

    const session = await agent.session();
    expect(session.id).toBe(call.callId);
    // Two seconds of speech in one burst, cut where no sample ends.
    const bytes = bytesOf(answer);
    for (let at = 0; at < bytes.length; at += 1501) session.send(bytes.subarray(at, at + 1501));
    await expect(page.getByTestId('call-card')).toHaveCount(1);
    await frames(session, 4.5 * 50);
    // The phone hangs up, and the page and the agent are told.
    await call.hangup();
    expect(await session.closed).toBe(1000);
    await expect(page.getByTestId('call-card')).toHaveCount(0);
    await bridge.until('the call is gone', ({ calls }) => calls.length === 0);

    expectWhole(idealCallerToAgent(caller, law), session, sentAt);
    // Frames of 20 ms and nothing else; not a byte of text, which would end the agent's session.
    expect(new Set(session.frames.map(({ length }) => length))).toEqual(new Set([640]));
    expect(session.texts).toEqual([]);

    expectHeard(idealAnswer(), call.recording.samples, heardAt);
    expect(call.statistics.received.lost).toBe(0);
  }
});

test('not even the first packet is lost', async ({ agent, engine, openPage, phone }) => {
  test.skip(engine === 'rtpengine', 'rtpengine drops what comes before its DTLS handshake is over');
  await openPage();
  const sentAt: number[] = [];
  const call = await phone.call({
    to: '1000',
    play: speech,
    codecs: ['pcmu'],
    onPacketSent: (_sequence, _timestamp, timeMs) => sentAt.push(timeMs),
  });
  await call.answered;
  const session = await agent.session();
  await frames(session, 2 * 50);
  await call.hangup();
  expectWhole(idealCallerToAgent(speech.slice(0, 8000), 'pcmu'), session, sentAt);
});

test('the agent gets 50 frames a second for as long as the call is up; the page hangs up, and all are told', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  await expect(page.getByTestId('call-caller')).toContainText('agent001');
  await expect(page.getByTestId('call-dialled')).toContainText('1000');
  await expect(page.getByTestId('agent-parameters')).toHaveText(
    /tenant_id\s*t\s*campaign_id\s*c\s*lead_id\s*l/,
  );
  expect(Object.fromEntries(session.query)).toMatchObject({
    tenant_id: 't',
    campaign_id: 'c',
    lead_id: 'l',
  });
  await frames(session, 301);
  // In the first second the time from the answer to the phone's first packet is made up for.
  // One frame in twenty more or less would be 160 ms between their first and their last third.
  expect(Math.abs(driftMs(session.times.slice(50, 301)))).toBeLessThan(150);
  await page.getByTestId('hangup-button').click();
  expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  expect(await session.closed).toBe(1000);
  await expect(page.getByTestId('call-card')).toHaveCount(0);
});

test('two calls at once do not hear each other', async ({ agent, bridge, openPage, phone }) => {
  const page = await openPage();
  const second = await Softphone.create({
    server: await bridge.phoneServer(),
    user: 'agent002',
    password: 'any',
  });
  const tones = [600, 1500] as const;
  const tone = (hz: number) =>
    sweep({ sampleRate: 8000, seconds: 4, fromHz: hz, toHz: hz, amplitude: 0.4 });
  const first = await phone.call({ to: '1001', play: tone(tones[0]) });
  await first.answered;
  const other = await second.call({ to: '1002', play: tone(tones[1]) });
  await other.answered;
  const sessions = [await agent.session(), await agent.session()];
  const of = (callId: string) => sessions.find(({ id }) => id === callId);
  const [a, b] = [of(first.callId), of(other.callId)];
  if (!a || !b) throw new Error('the agent was not called by both calls');
  await expect(page.getByTestId('call-card')).toHaveCount(2);
  // Both in a list, each with its state; a click leads to its card.
  const row = (user: string) =>
    page.getByTestId('call-list').getByRole('link').filter({ hasText: user });
  await expect(row('agent001')).toContainText(/agent001\s*→ 1001\s+In call\s+\d\d:\d\d/);
  await expect(row('agent002')).toContainText(/agent002\s*→ 1002\s+In call\s+\d\d:\d\d/);
  const cardOf = (callId: string) => page.locator(`[data-call-id="${callId}"]`);
  for (const [user, { callId }] of [
    ['agent001', first],
    ['agent002', other],
  ] as const) {
    await row(user).click();
    await expect(cardOf(callId).getByTestId('call-caller')).toBeInViewport();
    await expect(cardOf(callId).getByTestId('call-caller')).toHaveText(user);
  }
  await frames(a, 150);
  await frames(b, 150);
  await cardOf(other.callId).getByTestId('hold-button').click();
  await expect(row('agent002')).toContainText('On hold');
  await expect(row('agent001')).toContainText('In call');
  await Promise.all([first.hangup(), other.hangup()]);
  await second.close();

  for (const [session, own, foreign] of [
    [a, tones[0], tones[1]],
    [b, tones[1], tones[0]],
  ] as const) {
    const heard = session.pcm.slice(50 * 320, 140 * 320);
    expect(toneLevel(heard, 16_000, own)).toBeGreaterThan(0.35);
    expect(toneLevel(heard, 16_000, foreign)).toBeLessThan(0.001);
  }
});

test('closing the page ends the call', async ({ bridge, openPage, phone }) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  await page.close();
  expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  await bridge.until(
    'the page is forgotten',
    ({ registrations }) => !registrations.some(({ kind }) => kind === 'page'),
  );
});

test('no page open: 480, with a phrase that says what to do', async ({ bridge, phone }) => {
  const call = await phone.call({ to: '1000' });
  expect(await call.ended).toMatchObject({
    cause: 'refused',
    status: 480,
    reason: `No page is open. Open ${bridge.url} in Chrome`,
  });
});

test('a phone that offers no G.711 gets 488', async ({ openPage, phone }) => {
  await openPage();
  const call = await phone.call({ to: '1000', codecs: [] });
  expect(await call.ended).toMatchObject({ cause: 'refused', status: 488 });
});

test.describe('while it rings', () => {
  test.use({ ringMs: 60_000 });

  test('the caller gives up: 487, and nothing is left, nor at the agent', async ({
    agent,
    bridge,
    openPage,
    phone,
  }) => {
    const page = await openPage();
    const call = await phone.call({ to: '1000' });
    await call.ringing;
    await expect(page.getByTestId('call-card')).toHaveCount(1);
    // Connected early, and sent nothing while it rings.
    const session = await agent.session();
    await call.hangup();
    expect(await session.closed).toBe(1000);
    expect(session.frames).toEqual([]);
    expect(await call.ended).toMatchObject({ cause: 'cancelled', status: 487 });
    await expect(page.getByTestId('call-card')).toHaveCount(0);
    await bridge.until('the call is gone', ({ calls }) => calls.length === 0);
  });

  test('closing the page refuses the call', async ({ openPage, phone }) => {
    const page = await openPage();
    const call = await phone.call({ to: '1000' });
    await call.ringing;
    await page.close();
    expect(await call.ended).toMatchObject({ cause: 'refused', status: 480 });
  });
});
