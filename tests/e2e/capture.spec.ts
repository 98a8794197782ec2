/**
 * Every way of taking the caller's voice out of the connection sounds right, and one can be changed
 * for another in the middle of a word.
 */
import type { Page } from 'playwright';
import { compare, idealCallerToAgent } from '../../audio/compare.ts';
import type { Capture } from '../../common/api.ts';
import type { OutgoingCall } from '../../softphone/outgoing-call.ts';
import { fidelity, steepest } from '../support/fidelity.ts';
import { sweep } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';
import { frames, isSteady } from './voice.ts';

const QUIET = 8000;
const speech = sweep({ sampleRate: 8000, seconds: 4, fromHz: 300, toHz: 3300, amplitude: 0.5 });
/** A second of silence first, in which a jitter buffer settles. */
const caller = new Int16Array(QUIET + speech.length);
caller.set(speech, QUIET);
const ideal = idealCallerToAgent(speech, 'pcmu');

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies behind the engine');
});

test('voice reaches the agent whole by way of the track, and of the worklet', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  // Without a gesture an AudioContext stays suspended.
  await page.mouse.click(1, 1);
  for (const capture of ['track', 'worklet'] as const) {
    const call = await phone.call({ to: '1000', play: caller, codecs: ['pcmu'] });
    await call.answered;
    await choose(page, call, capture);
    const session = await agent.session();
    await frames(session, 5.3 * 50);
    await call.hangup();
    await session.closed;
    await expect(page.getByTestId('call-card')).toHaveCount(0);
    const heard = fidelity(ideal, session.pcm, 16_000);
    // The browser's jitter buffer mends its delay whenever the machine is busy; for a worklet it also
    // follows the clock of the audio output. What lies between is whole.
    expect(heard.whole).toBeGreaterThan(capture === 'track' ? 0.3 : 0.1);
    expect(Math.abs(heard.gainDb)).toBeLessThan(0.5);
    expect(new Set(session.frames.map(({ length }) => length))).toEqual(new Set([640]));
  }
});

test('the capture is changed in the middle of speech: no sample lost, doubled or out of order', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  await page.evaluate(KEEP_CONNECTIONS);
  const sent: number[] = [];
  const call = await phone.call({
    to: '1000',
    play: caller,
    codecs: ['pcmu'],
    onPacketSent: (_sequence, _timestamp, timeMs) => sent.push(timeMs),
  });
  await call.answered;
  const session = await agent.session();
  await packets(sent, 100);
  await page.getByTestId('capture-select').selectOption('track');
  await used(page, 'track');
  const mendedBefore = await page.evaluate<number>(MENDED);
  await packets(sent, 170);
  await page.getByTestId('capture-select').selectOption('encoded');
  await used(page, 'encoded');
  const mended = (await page.evaluate<number>(MENDED)) - mendedBefore;
  await frames(session, 5.2 * 50);
  await call.hangup();

  const heard = fidelity(ideal, session.pcm, 16_000);
  expect(heard.snrMedian).toBeGreaterThan(35);
  // The start and the end lie as far apart as they were said, unless the browser's jitter buffer has
  // stretched or cut what went through it, or the machine stood still.
  test.info().annotations.push({ type: 'mended', description: String(mended) });
  const start = compare(ideal.slice(0, 12_000), session.pcm);
  const end = compare(ideal.slice(-12_000), session.pcm);
  const moved = end.offset - start.offset - (ideal.length - 12_000);
  if (!isSteady(sent, session.times)) expect(Math.abs(moved)).toBeLessThan(16_000);
  else if (mended === 0) expect(moved).toBeCloseTo(0, 1);
  else expect(Math.abs(moved)).toBeLessThan(16_000 * 0.3);
  expect(steepest(session.pcm)).toBeLessThanOrEqual(steepest(ideal) * 1.05);
});

const KEEP_CONNECTIONS = `window.connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(options) {
      super(options);
      connections.push(this);
    }
  };`;

/** Samples that the browser's jitter buffer has made, or left out, to mend its delay. */
const MENDED = `(async () => {
  let samples = 0;
  for (const entry of (await connections.at(-1).getStats()).values()) {
    if (entry.type !== 'inbound-rtp') continue;
    const { insertedSamplesForDeceleration, removedSamplesForAcceleration, concealedSamples } = entry;
    samples += insertedSamplesForDeceleration + removedSamplesForAcceleration + concealedSamples;
  }
  return samples;
})()`;

async function choose(page: Page, call: OutgoingCall, capture: Capture): Promise<void> {
  await page.evaluate(`bridge.capture('${capture}', ${JSON.stringify(call.callId)})`);
  await used(page, capture);
}

async function used(page: Page, capture: Capture): Promise<void> {
  await expect(page.getByTestId('capture-select')).toHaveAttribute('data-capture', capture);
}

async function packets(sent: readonly number[], count: number): Promise<void> {
  await expect.poll(() => sent.length, { intervals: [20] }).toBeGreaterThanOrEqual(count);
}
