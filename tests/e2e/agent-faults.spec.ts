/**
 * Everything that goes wrong at the agent's end, each with what the caller hears of it and what the
 * page says. None of it depends on the media engine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pcmBytes } from '../../agent/endpoint/pcm-bytes.ts';
import { Resampler } from '../../audio/resampler.ts';
import { readWav } from '../../audio/wav.ts';
import { fidelity } from '../support/fidelity.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import { TestAgent } from '../support/test-agent.ts';
import { expect, test } from './fixtures.ts';

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'the agent’s side does not depend on the engine');
});

const speech = sweep({ sampleRate: 16_000, seconds: 2, fromHz: 3000, toHz: 250, amplitude: 0.5 });

/** What the phone is to hear of samples at 16 kHz. */
function heardOf(samples: Int16Array): Int16Array {
  const down = new Resampler({ from: 16_000, to: 8000 });
  return down.process(samples).slice(Math.round(down.delaySamples));
}

const [notice = new Int16Array()] = readWav(
  readFileSync(new URL('../../web/media/agent-missing.wav', import.meta.url)),
).channels;

test('an agent that is down at the start: excused in words, and heard as soon as it is there', async ({
  agent,
  openPage,
  phone,
}) => {
  const { port } = agent;
  await agent.close();
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  await expect(page.getByTestId('event-log')).toContainText(
    'Nothing listens at the agent’s address',
  );
  await expect(page.getByTestId('chain-agent')).toHaveAttribute('data-light', 'red');
  const words = notice.slice(0, 16_000);
  await expect
    .poll(() => fidelity(words, call.recording.samples, 8_000).snrMedian)
    .toBeGreaterThan(20);
  const late = await TestAgent.start(port);
  const session = await late.session();
  session.send(bytesOf(speech));
  await expect
    .poll(() => fidelity(heardOf(speech), call.recording.samples, 8_000).snrMedian)
    .toBeGreaterThan(20);
  await expect(page.getByTestId('agent-state')).toHaveAttribute('data-state', 'open');
  await call.hangup();
  await session.closed;
  await late.close();
});

test('an agent killed and started again in a call: a soft tone meanwhile, the same call after', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const first = await agent.session();
  await expect.poll(() => first.frames.length).toBeGreaterThan(25);
  const { port } = agent;
  await agent.close();
  await expect(page.getByTestId('agent-state')).toHaveAttribute('data-state', 'reconnecting');
  const from = call.recording.samples.length;
  await expect
    .poll(() => toneLevel(call.recording.samples.slice(from), 8000, 425))
    .toBeGreaterThan(0.002);
  const again = await TestAgent.start(port);
  const second = await again.session();
  expect(second.id).toBe(first.id);
  await expect.poll(() => second.frames.length).toBeGreaterThan(25);
  second.send(bytesOf(speech));
  await expect
    .poll(() => fidelity(heardOf(speech), call.recording.samples, 8_000).snrMedian)
    .toBeGreaterThan(20);
  expect(call.state).toBe('answered');
  await call.hangup();
  await second.closed;
  await again.close();
});

test('a query the agent does not like (4000): the page says what to set, the caller is not left in silence', async ({
  agent,
  openPage,
  phone,
}) => {
  agent.onSession = (session) => {
    const message = 'Missing required query parameters: campaign_id';
    session.send(JSON.stringify({ type: 'error', message }));
    session.close(4000, 'Missing required query parameters');
  };
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  await expect(page.getByTestId('event-log')).toContainText(
    'misses campaign_id: give them in its query, for instance “campaign_id=1”',
  );
  await expect
    .poll(() => fidelity(notice.slice(0, 16_000), call.recording.samples, 8_000).snrMedian)
    .toBeGreaterThan(20);
  await call.hangup();
});

test.describe('an agent that does not read', () => {
  test.use({ settings: { BRIDGE_AGENT_PING_SECONDS: '0.8' } });

  test('is said to be slow; what it says is heard all the same', async ({
    agent,
    openPage,
    phone,
  }) => {
    const page = await openPage();
    const call = await phone.call({ to: '1000' });
    await call.answered;
    const session = await agent.session();
    await expect.poll(() => session.frames.length).toBeGreaterThan(10);
    session.pause();
    await expect(page.getByTestId('call-card')).toContainText('The agent reads too slowly: it is');
    await expect(page.getByTestId('event-log')).toContainText('AGENT_SLOW');
    session.send(bytesOf(speech));
    await expect
      .poll(() => fidelity(heardOf(speech), call.recording.samples, 8_000).snrMedian)
      .toBeGreaterThan(20);
    session.resume();
    await call.hangup();
  });
});

for (const rate of [16_000, 24_000]) {
  test.describe(`float32 at ${rate} Hz, cut where no sample ends`, () => {
    test.use({ settings: { BRIDGE_AGENT_OUTPUT_SAMPLE_RATE: String(rate) } });

    test('is heard as it was meant', async ({ agent, openPage, phone }) => {
      const page = await openPage();
      const call = await phone.call({ to: '1000' });
      await call.answered;
      const session = await agent.session();
      const spoken = sweep({
        sampleRate: rate,
        seconds: 2,
        fromHz: 3000,
        toHz: 250,
        amplitude: 0.5,
      });
      const bytes = pcmBytes(spoken, 'f32le');
      for (let at = 0; at < bytes.length; at += 1501) session.send(bytes.subarray(at, at + 1501));
      const down = new Resampler({ from: rate, to: 8000 });
      const ideal = down.process(spoken).slice(Math.round(down.delaySamples));
      await expect
        .poll(() => fidelity(ideal, call.recording.samples, 8_000).snrMedian)
        .toBeGreaterThan(35);
      await expect(page.getByTestId('event-log')).not.toContainText('AGENT_FORMAT');
      await call.hangup();
    });
  });
}

test('a minute of speech in one burst is spoken over in the middle: cut at once, and the next answer whole', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  const tone = sweep({ sampleRate: 16_000, seconds: 60, fromHz: 400, toHz: 500, amplitude: 0.5 });
  session.send(bytesOf(tone));
  await expect
    .poll(() => toneLevel(call.recording.samples.slice(-4000), 8000, 401))
    .toBeGreaterThan(0.2);
  session.send('{"type":"barge_in","message":"","timestamp":0}');
  await expect
    .poll(() => Math.max(...call.recording.samples.slice(-4000).map(Math.abs)))
    // As quiet as A-law gets.
    .toBeLessThan(20);
  await expect(page.getByTestId('transcript').last()).toContainText('spoke over the agent');
  session.send('{"type":"llm_response","text":"And now?"}');
  session.send(bytesOf(speech));
  await expect
    .poll(() => fidelity(heardOf(speech), call.recording.samples, 8_000).snrMedian)
    .toBeGreaterThan(20);
  await call.hangup();
});

test('a socket closed in the middle of speech: what had come is heard to its end, and what comes next', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  session.send(bytesOf(speech));
  // Half a sample, whose other half never comes.
  session.send(Uint8Array.of(1));
  await expect
    .poll(() => Math.max(...call.recording.samples.slice(-800).map(Math.abs)))
    .toBeGreaterThan(1000);
  session.close(1011, 'TTS worker died');
  await expect(page.getByTestId('event-log')).toContainText('It said: “TTS worker died”');
  const second = await agent.session();
  expect(second.id).toBe(session.id);
  await expect
    .poll(() => fidelity(heardOf(speech), call.recording.samples, 8_000).snrMedian)
    .toBeGreaterThan(35);
  const heardBefore = call.recording.samples.length;
  second.send(bytesOf(speech));
  await expect
    .poll(
      () => fidelity(heardOf(speech), call.recording.samples.slice(heardBefore), 8_000).snrMedian,
    )
    .toBeGreaterThan(35);
  await call.hangup();
});

test.describe('an agent that must be there', () => {
  test.use({ settings: { BRIDGE_AGENT_WHEN_DOWN: 'reject' } });

  test('and is not: the caller gets 503 and a phrase; and is: the call is taken', async ({
    agent,
    openPage,
    phone,
  }) => {
    const { port } = agent;
    await openPage();
    const taken = await phone.call({ to: '1000' });
    await taken.answered;
    const session = await agent.session();
    await expect.poll(() => session.frames.length).toBeGreaterThan(10);
    await taken.hangup();
    await session.closed;
    await agent.close();
    const refused = await phone.call({ to: '1000' });
    expect(await refused.ended).toMatchObject({
      cause: 'refused',
      status: 503,
      reason: 'The voice agent cannot be reached',
    });
    const late = await TestAgent.start(port);
    await late.close();
  });
});

test.describe('a direct agent', () => {
  test.use({ settings: { BRIDGE_AGENT_DIRECT: 'true' } });

  test('is connected by the page itself', async ({ agent, openPage, phone }) => {
    await openPage();
    const call = await phone.call({ to: '1000' });
    await call.answered;
    const session = await agent.session();
    expect(session.headers['user-agent']).toContain('Chrome');
    expect(session.id).toBe(call.callId);
    expect(session.query.get('phone_number')).toBe('agent001');
    await expect.poll(() => session.frames.length).toBeGreaterThan(25);
    await call.hangup();
    expect(await session.closed).toBe(1000);
  });
});

const config = join(tmpdir(), `bridge-extensions-${process.pid}.yaml`);
writeFileSync(
  config,
  [
    'extensions:',
    "  '1001': { agent: { query: 'campaign_id=sales' } }",
    "  '20xx': { agent: { query: 'campaign_id=support&call_id={callUuid}', early_connect: false } }",
    '',
  ].join('\n'),
);

test.describe('extensions', () => {
  test.use({ settings: { BRIDGE_CONFIG: config } });

  test('reach different campaigns of one agent', async ({ agent, openPage, phone }) => {
    await openPage();
    for (const [number, campaign] of [
      ['1001', 'sales'],
      ['2042', 'support'],
      ['3000', 'c'],
    ] as const) {
      const call = await phone.call({ to: number });
      await call.answered;
      const session = await agent.session();
      expect(Object.fromEntries(session.query)).toMatchObject({
        tenant_id: 't',
        campaign_id: campaign,
        phone_number: 'agent001',
      });
      await expect.poll(() => session.frames.length).toBeGreaterThan(10);
      await call.hangup();
      await session.closed;
    }
  });
});
