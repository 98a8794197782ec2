/**
 * What people do in calls, with a softphone that is not ours on the phone's side: hold, keys, transfer,
 * calls that come, and a page that is reloaded. Each says what is heard, or what the phone is told.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../audio/wav.ts';
import { BARESIP, missing } from '../setup/programs.ts';
import { Baresip, type BaresipOptions } from '../support/baresip.ts';
import type { BridgeProcess } from '../support/bridge-process.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import type { AgentSession } from '../support/test-agent.ts';
import { expect, test as base } from './fixtures.ts';

const ALICE_HZ = 700;
const BOB_HZ = 1500;

interface Phones {
  /** A registered baresip that plays a tone for a minute. */
  baresip: (hz: number, options?: Partial<BaresipOptions>) => Promise<Baresip>;
}

const test = base.extend<Phones>({
  baresip: async ({ bridge }, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'tones-'));
    const phones: Baresip[] = [];
    await use(async (hz, options = {}) => {
      const reason = missing(BARESIP);
      test.skip(reason !== undefined, reason);
      const play = join(folder, `${hz}.wav`);
      const tone = sweep({ sampleRate: 8000, seconds: 60, fromHz: hz, toHz: hz, amplitude: 0.5 });
      await writeFile(play, writeWav({ sampleRate: 8000, channels: [tone] }));
      const { port } = await bridge.phoneServer();
      const phone = await Baresip.start({ sipPort: port, play, codec: 'PCMU', ...options });
      phones.push(phone);
      return phone;
    });
    await Promise.all(phones.map((phone) => phone.stop()));
    await rm(folder, { recursive: true, force: true });
  },
});

/** How loud a tone was in the last half second that the agent got. */
function level(session: AgentSession, hz: number): number {
  return toneLevel(session.pcm.slice(-8000), 16_000, hz);
}

const hears = (session: AgentSession, hz: number) =>
  expect.poll(() => level(session, hz)).toBeGreaterThan(0.3);
const hearsNothingOf = (session: AgentSession, hz: number) =>
  expect.poll(() => level(session, hz)).toBeLessThan(0.01);

/** How loud a tone was in the best second of what a phone heard. */
function loudest(heard: Int16Array, hz: number): number {
  const seconds = Array.from({ length: Math.floor(heard.length / 4000) }, (_, half) =>
    heard.slice(half * 4000, half * 4000 + 8000),
  );
  return Math.max(0, ...seconds.map((second) => toneLevel(second, 8000, hz)));
}

/** Frames go on while nobody is heard: 50 a second, give or take a slow machine. */
async function expectFrames(session: AgentSession): Promise<void> {
  const before = session.frames.length;
  await expect.poll(() => session.frames.length - before).toBeGreaterThan(50);
}

/** The events of one type, from now on. */
async function listen(bridge: BridgeProcess, type: string) {
  const found: Record<string, unknown>[] = [];
  const abort = new AbortController();
  const response = await fetch(`${bridge.url}/api/events`, { signal: abort.signal });
  const read = async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
        if (name === type) found.push(JSON.parse(data ?? '{}') as Record<string, unknown>);
      }
    }
  };
  void read().catch(() => undefined);
  return { found, close: () => abort.abort() };
}

test('hold and resume, by the phone and by the page; keys, both ways', async ({
  agent,
  baresip,
  bridge,
  openPage,
}) => {
  const page = await openPage();
  const phone = await baresip(ALICE_HZ);
  const dtmf = await listen(bridge, 'dtmf');
  phone.dial('1000');
  const session = await agent.session();
  await hears(session, ALICE_HZ);
  const state = page.getByTestId('call-state');

  phone.hold();
  await expect(state).toHaveAttribute('data-state', 'held');
  await hearsNothingOf(session, ALICE_HZ);
  await expectFrames(session);
  phone.resume();
  await expect(state).toHaveAttribute('data-state', 'answered');
  await hears(session, ALICE_HZ);

  await page.getByTestId('hold-button').click();
  await expect(page.getByTestId('hold-button')).toHaveAttribute('aria-pressed', 'true');
  await hearsNothingOf(session, ALICE_HZ);
  await expectFrames(session);
  await page.getByTestId('hold-button').click();
  await expect(page.getByTestId('hold-button')).toHaveAttribute('aria-pressed', 'false');
  await hears(session, ALICE_HZ);

  phone.press('5');
  await expect.poll(() => dtmf.found).toHaveLength(1);
  expect(dtmf.found[0]).toMatchObject({
    callId: session.id,
    digit: '5',
    source: 'rtp',
    from: 'phone',
  });
  expect(dtmf.found[0]?.['durationMs']).toBeGreaterThanOrEqual(40);
  await expect(page.getByText('The caller pressed 5.')).toBeVisible();

  await page.getByTestId('key-8').click();
  expect((await phone.event('CALL_DTMF_START')).param).toBe('8');
  await expect.poll(() => dtmf.found).toHaveLength(2);
  expect(dtmf.found[1]).toMatchObject({ digit: '8', from: 'page' });

  const response = await fetch(`${bridge.url}/api/calls/${encodeURIComponent(session.id)}/dtmf`, {
    method: 'POST',
    body: '{"digits":"#"}',
  });
  expect(response.status).toBe(200);
  expect((await phone.event('CALL_DTMF_START')).param).toBe('#');
  dtmf.close();
  phone.hangUp();
  expect(await session.closed).toBe(1000);
});

test('the phone transfers its call: another phone takes its place', async ({
  agent,
  baresip,
  bridge,
  openPage,
}) => {
  await openPage();
  const alice = await baresip(ALICE_HZ);
  const bob = await baresip(BOB_HZ, { user: 'bob', answers: true });
  alice.dial('1000');
  const session = await agent.session();
  await hears(session, ALICE_HZ);
  alice.transfer('bob');
  await bob.event('CALL_ESTABLISHED');
  await alice.event('CALL_CLOSED');
  await hears(session, BOB_HZ);
  await hearsNothingOf(session, ALICE_HZ);
  // And the agent is heard by the one who is there now.
  const answer = sweep({ sampleRate: 16_000, seconds: 2, fromHz: 900, toHz: 900, amplitude: 0.5 });
  session.send(bytesOf(answer));
  await expectFrames(session);
  await expectFrames(session);
  expect(agent.sessions).toHaveLength(1);
  expect((await bridge.status()).calls).toHaveLength(1);
  bob.hangUp();
  expect(await session.closed).toBe(1000);
  const heard = (await bob.heard()).channels[0] ?? new Int16Array();
  expect(loudest(heard, 900)).toBeGreaterThan(0.3);
});

test('the page transfers the call: the phone dials the other agent', async ({
  agent,
  baresip,
  openPage,
}) => {
  const page = await openPage();
  const phone = await baresip(ALICE_HZ);
  phone.dial('1000');
  const first = await agent.session();
  await hears(first, ALICE_HZ);
  await page.getByTestId('transfer-input').fill('1002');
  await page.getByTestId('transfer-button').click();
  const second = await agent.session();
  expect(await first.closed).toBe(1000);
  await hears(second, ALICE_HZ);
  await expect(page.getByTestId('call-dialled')).toHaveText('1002');
  await expect(page.getByText('Transferred to 1002.').first()).toBeVisible();
  phone.hangUp();
  await second.closed;
});

test.describe('the page calls the phone', () => {
  test('which answers: the agent hears it', async ({ agent, baresip, openPage }) => {
    const page = await openPage();
    const phone = await baresip(ALICE_HZ);
    await page.getByTestId('dial-input').fill('agent001');
    await page.getByTestId('dial-button').click();
    await phone.event('CALL_INCOMING');
    phone.accept();
    const session = await agent.session();
    await hears(session, ALICE_HZ);
    phone.hangUp();
    expect(await session.closed).toBe(1000);
  });

  test('which declines, and which is busy', async ({ agent, baresip, openPage }) => {
    const page = await openPage();
    const phone = await baresip(ALICE_HZ, { maxCalls: 1 });
    await page.getByTestId('dial-input').fill('agent001');
    await page.getByTestId('dial-button').click();
    await phone.event('CALL_INCOMING');
    phone.hangUp();
    await expect(page.getByText('Not answered: Rejected.').first()).toBeVisible();
    await expect(page.getByTestId('call-card')).toHaveCount(0);
    await phone.event('CALL_CLOSED');

    phone.dial('1000');
    const session = await agent.session();
    await hears(session, ALICE_HZ);
    await page.getByTestId('dial-input').fill('agent001');
    await page.getByTestId('dial-button').click();
    await expect(page.getByText(/Not answered: (Max Calls|Busy Here)\./).first()).toBeVisible();
    // The call that was up is as it was.
    await hears(session, ALICE_HZ);
    phone.hangUp();
    await session.closed;
  });

  test.describe('in three seconds', () => {
    test.use({ settings: { BRIDGE_SIP_TIMEOUTS_NO_ANSWER: '3' } });
    test('which does not answer: it stops ringing, and the page says so', async ({
      baresip,
      openPage,
    }) => {
      const page = await openPage();
      const phone = await baresip(ALICE_HZ);
      await page.getByTestId('dial-input').fill('agent001');
      await page.getByTestId('dial-button').click();
      await phone.event('CALL_INCOMING');
      await phone.event('CALL_CLOSED');
      await expect(page.getByText('Not answered: agent001 does not answer.').first()).toBeVisible();
    });
  });
});

test('a page that is reloaded in a call: the phone is told, and calls again', async ({
  agent,
  baresip,
  bridge,
  openPage,
}) => {
  const page = await openPage();
  const phone = await baresip(ALICE_HZ);
  phone.dial('1000');
  const first = await agent.session();
  await hears(first, ALICE_HZ);
  const pages = async () =>
    (await bridge.status()).registrations.filter(({ kind }) => kind === 'page');
  const [before] = await pages();
  await page.reload({ waitUntil: 'commit' });
  await phone.event('CALL_CLOSED');
  // Another one: the old one is registered until its connection closes.
  await expect
    .poll(async () => (await pages()).map(({ contact }) => contact !== before?.contact))
    .toEqual([true]);
  phone.dial('1000');
  const second = await agent.session();
  await hears(second, ALICE_HZ);
  phone.hangUp();
  await second.closed;
});
