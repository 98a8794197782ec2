/**
 * Agent → caller beyond the voice itself: what of an answer was heard, what is cut and by whom, how
 * long the caller waited, and the developer's ears. The agent is scripted; the phone is what judges.
 */
import type { Page } from 'playwright/test';
import type { CallFigures } from '../../common/figures.ts';
import { decodeG711 } from '../../audio/g711.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';
import { isSteady } from './voice.ts';

/** A tone by which an answer is told from another. */
function answer(hz: number, seconds: number): Uint8Array {
  return bytesOf(sweep({ sampleRate: 16_000, seconds, fromHz: hz, toHz: hz, amplitude: 0.5 }));
}

/** Hears tones as they arrive at the phone. */
class Ear {
  readonly packets: { readonly at: number; readonly samples: Int16Array }[] = [];

  readonly received = (_sequence: number, _stamp: number, at: number, payload: Uint8Array) => {
    const samples = new Int16Array(payload.length);
    decodeG711('pcmu', payload, samples);
    this.packets.push({ at, samples });
  };

  /** Packets that carry a tone. */
  of(hz: number): number {
    return this.packets.filter(({ samples }) => toneLevel(samples, 8000, hz) > 0.2).length;
  }
}

const figuresOf = (page: Page): Promise<CallFigures | undefined> =>
  page.evaluate('bridge.calls[0]?.figures');

test('late chunks of a cut answer are not heard, and the next answer is, whole', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const ear = new Ear();
  const call = await phone.call({ to: '1000', codecs: ['pcmu'], onPacketReceived: ear.received });
  await call.answered;
  const session = await agent.session();
  session.send(answer(500, 10));
  await expect.poll(() => ear.of(500), { intervals: [20] }).toBeGreaterThan(10);
  // The cut, a straggler, and at once the next answer, announced.
  session.send('{"type":"barge_in"}');
  session.send(answer(900, 1));
  session.send('{"type":"llm_response","text":"Go on."}');
  session.send(answer(1300, 0.5));
  await expect.poll(() => ear.of(1300), { intervals: [20] }).toBeGreaterThanOrEqual(24);
  expect(ear.of(900)).toBe(0);
  // Not announced, but after a pause: heard as well.
  session.send('{"type":"tts_interrupted"}');
  session.send(answer(900, 1));
  await expect
    .poll(() => page.evaluate<number>('bridge.calls[0].counters.staleBytes'))
    .toBe(2 * answer(900, 1).length);
  await new Promise((resolve) => setTimeout(resolve, 300));
  session.send(answer(1700, 0.5));
  await expect.poll(() => ear.of(1700), { intervals: [20] }).toBeGreaterThanOrEqual(24);
  expect(ear.of(900)).toBe(0);
  await call.hangup();
});

test('an answer is cut by key, by the console and by the API', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const ear = new Ear();
  const call = await phone.call({ to: '1000', codecs: ['pcmu'], onPacketReceived: ear.received });
  await call.answered;
  const session = await agent.session();
  const url = `${bridge.url}/api/calls/${encodeURIComponent(call.callId)}/interrupt`;
  const cuts: [number, () => Promise<unknown>][] = [
    [500, () => page.keyboard.press('i')],
    [900, () => page.evaluate('bridge.interrupt()')],
    [1300, async () => expect((await fetch(url, { method: 'POST' })).status).toBe(202)],
  ];
  for (const [hz, cut] of cuts) {
    session.send('{"type":"tts_start"}');
    session.send(answer(hz, 20));
    await expect.poll(() => ear.of(hz), { intervals: [20] }).toBeGreaterThan(10);
    await cut();
    const quiet = () => {
      const last = ear.packets.findLast(({ samples }) => toneLevel(samples, 8000, hz) > 0.2);
      return performance.now() - (last?.at ?? 0);
    };
    await expect.poll(quiet, { intervals: [20] }).toBeGreaterThan(400);
    expect(ear.of(hz)).toBeLessThan(500);
  }
  await expect
    .poll(async () => (await figuresOf(page))?.turns.map(({ cutBy }) => cutBy))
    .toEqual(['page', 'page', 'api']);
  await call.hangup();
  const gone = await fetch(url, { method: 'POST' });
  expect([gone.status, await gone.json()]).toMatchObject([404, { code: 'NO_CALL' }]);
});

test('turn latency is what the caller hears, beside what the agent claims', async ({
  agent,
  bridge,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const sentAt: number[] = [];
  const ear = new Ear();
  const voice = sweep({ sampleRate: 8000, seconds: 0.7, fromHz: 300, toHz: 900, amplitude: 0.4 });
  // With a pause that ends nothing.
  const halting = new Int16Array(8000 * 1.7);
  for (const seconds of [0, 1]) halting.set(voice, seconds * 8000);
  /** What the caller has yet to say, and how many frames it takes to the last sound of it. */
  let left: Int16Array = new Int16Array(8000);
  let made = 0;
  let spoken = 0;
  const call = await phone.call({
    to: '1000',
    codecs: ['pcmu'],
    play: (frame) => {
      made += 1;
      if (left.length > 0) spoken = made;
      frame.fill(0).set(left.subarray(0, frame.length));
      left = left.slice(frame.length);
    },
    onPacketSent: (_sequence, _stamp, at) => sentAt.push(at),
    onPacketReceived: ear.received,
  });
  await call.answered;
  const session = await agent.session();
  const isSaid = () => left.length === 0 && sentAt.length >= spoken;
  await expect.poll(isSaid, { intervals: [5] }).toBe(true);
  /** Says something; is answered so long after its last sound, by the phone's own clock. */
  const answerAfter = async (words: Int16Array, ms: number, hz: number) => {
    left = words;
    await expect.poll(isSaid, { intervals: [5] }).toBe(true);
    const spokenAt = sentAt[spoken - 1] ?? 0;
    await new Promise((resolve) => setTimeout(resolve, spokenAt + ms - performance.now()));
    session.send(
      '{"type":"turn_complete","total_latency_ms":123,"llm_latency_ms":100,"tts_latency_ms":23}',
    );
    session.send(answer(hz, 0.4));
    await expect.poll(() => ear.of(hz)).toBeGreaterThanOrEqual(18);
    const heard = ear.packets.find(({ samples }) => toneLevel(samples, 8000, hz) > 0.2);
    return { ms, heardMs: (heard?.at ?? 0) - spokenAt };
  };
  const truth = [await answerAfter(voice, 500, 500), await answerAfter(halting, 900, 1300)];
  await expect
    .poll(async () => (await figuresOf(page))?.hops.turn.counts.reduce((a, b) => a + b))
    .toBe(2);
  await expect(page.getByTestId('turn-latency')).toHaveCount(2);
  const url = `${bridge.url}/api/calls/${encodeURIComponent(call.callId)}/figures`;
  const read = async () => (await (await fetch(url)).json()) as CallFigures;
  await expect
    .poll(async () => (await read()).answers.map(({ heardMs, cutMs }) => [heardMs, cutMs]))
    .toEqual([
      [400, 0],
      [400, 0],
    ]);
  const { turns } = await read();
  expect(turns).toHaveLength(2);
  turns.forEach(({ latencyMs, claims }, i) => {
    const { ms = NaN, heardMs = NaN } = truth[i] ?? {};
    // The ways between phone and page are as long as the machine makes them. Nothing is heard before the
    // page plays it, nor played before the agent sends it; what the agent claims is no part of this.
    expect(latencyMs).toBeLessThan(heardMs + 250);
    expect(latencyMs).toBeGreaterThan(ms / 2);
    const heardAt = ear.packets.map(({ at }) => at);
    if (isSteady(sentAt, session.times, heardAt)) {
      expect(Math.abs((latencyMs ?? 0) - heardMs)).toBeLessThan(250);
    }
    expect(claims).toEqual({ totalMs: 123, llmMs: 100, ttsMs: 23 });
  });
  await call.hangup();
  const metrics = await (await fetch(`${bridge.url}/metrics`)).text();
  expect(metrics).toContain('bridge_turn_seconds_count 2\n');
  expect(metrics).toContain('bridge_playout_seconds_total 0.8\n');
  expect(metrics).toMatch(/bridge_receive_to_socket_seconds_count [1-9]\d\d/);
});

test('the ears: off, each side by itself, and why nothing is heard', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const contexts = () => page.evaluate<number>('contexts');
  // Counts what is open, and sees the devices the test gives it.
  await page.evaluate(`
    globalThis.contexts = 0;
    globalThis.devices = [];
    navigator.mediaDevices.enumerateDevices = async () => devices;
    globalThis.AudioContext = class extends AudioContext {
      constructor() {
        super();
        contexts += 1;
      }
      close() {
        contexts -= 1;
        return super.close();
      }
    };
  `);
  const caller = sweep({ sampleRate: 8000, seconds: 20, fromHz: 440, toHz: 440, amplitude: 0.5 });
  const call = await phone.call({ to: '1000', play: caller });
  await call.answered;
  const session = await agent.session();
  await expect(page.getByTestId('listen-caller')).toHaveAttribute('aria-pressed', 'false');
  expect(await contexts()).toBe(0);

  await page.getByTestId('listen-caller').click();
  await expect(page.getByTestId('ear-sentence')).toContainText('sees no audio output device');
  await page.getByTestId('listen-caller').click();
  expect(await contexts()).toBe(0);
  await page.evaluate("devices = [{ kind: 'audiooutput' }]");
  await page.getByTestId('listen-caller').click();
  await expect(page.getByTestId('ear-sentence')).toContainText('You hear the caller');
  expect(await contexts()).toBe(1);
  await page.getByTestId('volume-caller').fill('0');
  await expect(page.getByTestId('ear-sentence')).toHaveText('The volume is at zero.');
  await page.getByTestId('listen-agent').click();
  await expect(page.getByText('Listening; the agent is silent.')).toBeVisible();
  session.send(answer(500, 5));
  await expect(page.getByText('You hear the agent.')).toBeVisible();
  await page.getByTestId('listen-caller').click();
  await page.getByTestId('listen-agent').click();
  await expect(page.getByTestId('ear-sentence')).toHaveCount(0);
  expect(await contexts()).toBe(0);
  // The call has not noticed.
  const heard = session.pcm.slice(-16_000);
  expect(toneLevel(heard, 16_000, 440)).toBeGreaterThan(0.45);
  await call.hangup();
});
