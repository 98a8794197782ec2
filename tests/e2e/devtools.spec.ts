/**
 * `bridge` in the console: what it injects is heard, what it impairs is lost, and what it reports and
 * measures is there, without secrets.
 */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright/test';
import { writeWav } from '../../audio/wav.ts';
import { readBundle } from '../../recording/bundle.ts';
import type { KeptRecording } from '../../web/recording/types.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';
import { frames } from './voice.ts';

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies before the engine');
});

test('what is injected is heard, on either side; what is asked is answered', async ({
  agent,
  bridge,
  openPage,
  page,
  phone,
}) => {
  const logged: string[] = [];
  page.on('console', (message) => logged.push(`${message.type()} ${message.text()}`));
  await openPage('?start&debug=sip,media,agent');
  // Nothing is up yet: what is asked of a call is refused in words.
  await expect(page.evaluate('bridge.hangUp()')).rejects.toThrow('There is no live call');
  const call = await phone.call({ to: '1000', codecs: ['pcmu'] });
  await call.answered;
  const session = await agent.session();
  await frames(session, 25);
  await page.evaluate("bridge.inject({hz: 440, ms: 800, dbfs: -6}, {as: 'agent'})");
  await page.evaluate('bridge.inject({hz: 1000, ms: 800, dbfs: -6})');
  await expect.poll(() => loudest(session.pcm, 16_000, 1_000)).toBeGreaterThan(0.4);
  await expect.poll(() => loudest(call.recording.samples, 8_000, 440)).toBeGreaterThan(0.4);
  // A WAV, by an address of the page's own origin or as bytes.
  const wav = [...writeWav({ sampleRate: 8_000, channels: [tone(8_000, 2_200)] })];
  await page.evaluate(`bridge.inject(Uint8Array.from([${wav.join()}]).buffer)`);
  await expect.poll(() => loudest(session.pcm, 16_000, 2_200)).toBeGreaterThan(0.3);
  await expect(page.evaluate("bridge.inject('/nothing.wav')")).rejects.toThrow('HTTP 404');
  // Each on its own side only.
  expect(loudest(session.pcm, 16_000, 440)).toBeLessThan(0.05);
  expect(loudest(call.recording.samples, 8_000, 1_000)).toBeLessThan(0.05);

  // Somebody reads along, and it is what the report says.
  const seen = page.evaluate(`(async () => {
    for await (const {from, type, text} of bridge.events) if (type === 'transcript') return from + text;
  })()`);
  const send = setInterval(
    () => session.send(JSON.stringify({ type: 'transcript', text: ' hello', is_final: true })),
    200,
  );
  expect(await seen).toBe('agent hello');
  clearInterval(send);
  const report = await page.evaluate<{
    calls: { callId: string; framesToAgent: number }[];
  }>('bridge.report()');
  expect(report.calls[0]).toMatchObject({ callId: call.callId, state: 'answered' });
  expect(report.calls[0]?.framesToAgent).toBeGreaterThan(25);
  expect(JSON.stringify(report)).not.toContain('"login"');
  const help = await page.evaluate<string>('bridge.help()');
  const missing = await page.evaluate<string[]>(
    `Object.keys(bridge).filter((name) => name !== 'help' && !bridge.help().includes(name))`,
  );
  expect([help.includes('bridge.impair('), missing]).toEqual([true, []]);
  expect(await page.evaluate('bridge.config.sip.path')).toBe('/sip');
  expect(await page.evaluate('bridge.registration.state')).toBe('registered');
  expect(await page.evaluate('bridge.status.calls[0].callId')).toBe(call.callId);
  expect(await page.evaluate('bridge.log.map(({ text }) => text)')).toContain('Answered agent001.');

  // The developer's ears, another capture, an answer that is cut.
  await page.evaluate(`bridge.listen(bridge.calls[0].id, 'agent', { on: true, volume: 0.5 })`);
  await expect(page.getByTestId('listen-agent')).toHaveAttribute('aria-pressed', 'true');
  await page.evaluate("bridge.capture('track')");
  await expect(page.getByTestId('capture-select')).toHaveAttribute('data-capture', 'track');
  await page.evaluate(`bridge.capture('encoded', bridge.calls[0].id)`);
  await expect(page.getByTestId('capture-select')).toHaveAttribute('data-capture', 'encoded');
  session.send(bytesOf(tone(16_000, 440, 20)));
  const counter = (name: string) => page.evaluate<number>(`bridge.calls[0].counters.${name}`);
  await expect.poll(() => counter('queuedMs')).toBeGreaterThan(2_000);
  await page.evaluate('bridge.interrupt()');
  await expect.poll(() => counter('flushedMs')).toBeGreaterThan(1_000);
  await expect
    .poll(() => page.evaluate('bridge.turns()'))
    .toContainEqual(expect.objectContaining({ cutBy: 'page' }));
  expect(await page.evaluate('bridge.stats()')).toMatchObject([{ callId: call.callId }]);

  // What runs leads to its sources.
  const script = await page.locator('script[type=module]').getAttribute('src');
  const map = await page.request.get(new URL(`${script ?? ''}.map`, page.url()).href);
  expect(((await map.json()) as { sources: string[] }).sources.join()).toContain('call-media.ts');

  // The call's own tracks in the Performance panel.
  await page.evaluate('bridge.hangUp()');
  expect(await call.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  await expect.poll(() => tracksOf(page)).toContain('Call');
  expect(await tracksOf(page)).toContain('Turns');

  await page.evaluate("bridge.dial('nobody')");
  await expect(page.getByTestId('event-log')).toContainText('nobody is not registered');
  await bridge.until('the call is gone', ({ calls }) => calls.length === 0);
  // All of it in the console, by its topic and at its level.
  for (const line of [
    /^debug \[sip\] sip .*INVITE/,
    /^info \[sip\] call /,
    /^info \[agent\] transcript .* hello$/,
    /^debug \[agent\] socket /,
    /^info \[media\] media /,
  ]) {
    await expect.poll(() => logged.filter((each) => line.test(each))).not.toEqual([]);
  }
});

test('packets that are impaired are missed; a call is kept from when it is asked for', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000', codecs: ['pcmu'] });
  await call.answered;
  const session = await agent.session();
  await frames(session, 25);
  const counters = () =>
    page.evaluate<{ concealedMs: number; late: number }>('bridge.calls[0].counters');
  await page.getByTestId('record-button').click();
  await page.evaluate('bridge.impair({loss: 0.3})');
  await expect.poll(async () => (await counters()).concealedMs).toBeGreaterThan(100);
  await expect
    .poll(() => page.evaluate('bridge.calls[0].timeline.entries.map(({ kind }) => kind)'))
    .toContain('concealed');
  const workers = await Promise.all(
    page.workers().map((worker) => worker.evaluate<string>('name')),
  );
  expect(workers).toEqual(expect.arrayContaining(['call', 'recordings']));
  await page.evaluate('bridge.impair({jitter: 200})');
  const { late } = await counters();
  await expect.poll(async () => (await counters()).late).toBeGreaterThan(late);
  // The agent has its frames all the same.
  const before = session.frames.length;
  await frames(session, before + 50);
  const id = await page.evaluate('bridge.record(false)');
  const kept = () =>
    page.evaluate<readonly KeptRecording[]>('bridge.recordings.filter(({complete}) => complete)');
  await expect.poll(async () => (await kept()).length).toBe(1);
  const [recording] = await kept();
  expect(recording).toMatchObject({ id, callId: call.callId });
  expect(recording?.offsetMs).toBeGreaterThan(0);
  expect(recording?.durationMs).toBeGreaterThan(900);
  await call.hangup();

  // Played on its axis, saved, opened as from elsewhere, said to the agent again, deleted.
  await page.evaluate('bridge.play()');
  const player = page.getByTestId('player').locator('audio');
  const playedTo = () => player.evaluate((audio: { currentTime: number }) => audio.currentTime);
  await expect.poll(playedTo).toBeGreaterThan(0.1);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.evaluate('bridge.download().then((file) => (window.saved = file))'),
  ]);
  expect(file.suggestedFilename()).toBe(recording?.fileName);
  expect(readBundle(await readFile(await file.path())).manifest.callId).toBe(call.callId);
  expect(await page.evaluate('bridge.open(saved)')).toBe(true);
  await expect(page.getByTestId('bundle-view')).toHaveCount(2);
  expect(await page.evaluate("bridge.open(new Blob(['no zip']))")).toBe(false);
  await expect(page.getByTestId('bundle-problem')).toContainText('BAD_BUNDLE');
  const replayId = await page.evaluate<string>('bridge.replay(bridge.recordings.at(-1).id)');
  const again = await agent.session();
  expect(await again.closed).toBe(1000);
  // To the frame.
  expect(again.pcm.length / 16 + 20).toBeGreaterThanOrEqual(recording?.durationMs ?? Infinity);
  const keptIds = async () => (await kept()).map(({ id: each }) => each);
  await expect.poll(keptIds).toEqual([replayId, id]);
  await page.evaluate(`bridge.remove('${replayId}')`);
  await expect.poll(keptIds).toEqual([id]);
});

/** Half a second, unless told. */
function tone(sampleRate: number, hz: number, seconds = 0.5): Int16Array {
  return sweep({ sampleRate, seconds, fromHz: hz, toHz: hz, amplitude: 0.4 });
}

/** The tone's level where it is loudest, in quarters of a second: however long it is silent besides. */
function loudest(samples: Int16Array, rate: number, hz: number): number {
  let most = 0;
  for (let at = 0; at + rate / 4 <= samples.length; at += rate / 4) {
    most = Math.max(most, toneLevel(samples.subarray(at, at + rate / 4), rate, hz));
  }
  return most;
}

/** Names of the tracks that the page has drawn. */
function tracksOf(page: Page): Promise<string[]> {
  return page.evaluate(
    `performance.getEntriesByType('measure').map(({detail}) => detail?.devtools?.track)`,
  );
}
