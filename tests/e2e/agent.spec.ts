/**
 * The agent's side of a call: what it says is shown, what it does wrong is said, and the phone call
 * outlives it.
 */
import { bytesOf, sweep } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';

test('transcripts and events are shown as they come; partials are replaced', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  // Its own traces can be of the call's trace.
  expect(session.headers['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
  const say = (event: object) => session.send(JSON.stringify(event));
  say({ type: 'transcript', text: 'where is', is_final: false, confidence: 0.4 });
  await expect(page.getByTestId('transcript')).toContainText('where is');
  say({ type: 'transcript', text: 'Where is my order?', is_final: true, confidence: 0.9 });
  say({ type: 'llm_response', text: 'It arrives today.', latency_ms: 321 });
  await expect(page.getByTestId('transcript').last()).toContainText('It arrives today.');
  await expect(page.getByText('Where is my order?')).toHaveCount(1);
  await expect(page.getByText('where is', { exact: true })).toHaveCount(0);
  session.send('not json');
  await expect(page.getByTestId('event-log')).toContainText('AGENT_BAD_FRAME');
  await expect(page.getByTestId('agent-state')).toHaveAttribute('data-state', 'open');
  await call.hangup();
});

test('barge-in empties every buffer', async ({ agent, openPage, phone }) => {
  await openPage();
  const sound: number[] = [];
  const call = await phone.call({
    to: '1000',
    codecs: ['pcmu'],
    onPacketReceived: (_sequence, _timestamp, timeMs, payload) => {
      // 0xff and 0x7f are µ-law silence.
      if (payload.some((byte) => (byte & 0x7f) !== 0x7f)) sound.push(timeMs);
    },
  });
  await call.answered;
  const session = await agent.session();
  const long = sweep({
    sampleRate: 16_000,
    seconds: 30,
    fromHz: 400,
    toHz: 500,
    amplitude: 0.5,
  });
  session.send(bytesOf(long));
  await expect.poll(() => sound.length, { intervals: [20] }).toBeGreaterThan(25);
  const cutAt = performance.now();
  session.send('{"type":"barge_in","message":"","timestamp":0}');
  await expect
    .poll(() => performance.now() - (sound.at(-1) ?? 0), { intervals: [20] })
    .toBeGreaterThan(500);
  // Thirty seconds were queued. How soon it is quiet depends on the machine, and the bench measures it.
  expect((sound.at(-1) ?? 0) - cutAt).toBeLessThan(5_000);
  session.send(bytesOf(long.slice(0, 16_000)));
  const before = sound.length;
  await expect.poll(() => sound.length).toBeGreaterThan(before + 45);
  await call.hangup();
});
