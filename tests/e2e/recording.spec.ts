/**
 * Calls that are kept: exactly what the agent got and what the phone was sent, through a reload, as a
 * bundle that opens again, and sent to the agent once more without any phone.
 */
import { readFile } from 'node:fs/promises';
import { strToU8, zipSync } from 'fflate';
import type { Page } from 'playwright/test';
import { compare } from '../../audio/compare.ts';
import type { PageConfig } from '../../common/api.ts';
import { readBundle, type Bundle } from '../../recording/bundle.ts';
import type { KeptRecording } from '../../web/recording/types.ts';
import type { Timeline } from '../../web/timeline/timeline.ts';
import { tooWide, violations } from '../support/axe.ts';
import { fidelity } from '../support/fidelity.ts';
import { bytesOf, sweep } from '../support/signals.ts';
import type { AgentSession } from '../support/test-agent.ts';
import { expect, test } from './fixtures.ts';
import { frames } from './voice.ts';

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'what is tested here lies before the engine');
});

const caller = sweep({ sampleRate: 8_000, seconds: 2, fromHz: 300, toHz: 3_300, amplitude: 0.5 });
const answer = sweep({ sampleRate: 16_000, seconds: 1, fromHz: 3_000, toHz: 250, amplitude: 0.5 });

test.describe('every call is recorded', () => {
  test.use({ settings: { BRIDGE_RECORDING_PAGE: 'on' } });

  test('what the agent got and the phone was sent, as a bundle that opens again, and as a replay', async ({
    agent,
    openPage,
    phone,
  }) => {
    const page = await openPage();
    const call = await phone.call({ to: '1000', play: caller, codecs: ['pcmu'] });
    await call.answered;
    const session = await agent.session();
    await frames(session, 110);
    session.send(JSON.stringify({ type: 'transcript', text: 'a long whistle', is_final: true }));
    session.send(bytesOf(answer));
    await frames(session, 180);
    await call.hangup();
    await session.closed;

    const [kept] = await keptRecordings(page, 1);
    expect(kept).toMatchObject({ callId: call.callId, complete: true, dialled: '1000' });
    const { bundle, name, zip } = await download(page);
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_.*agent001.*_.+\.zip$/);
    expect(bundle.problems).toEqual([]);
    const [left = new Int16Array(), right = new Int16Array()] = bundle.wav.channels;
    expect(bundle.wav.sampleRate).toBe(16_000);
    // From the first sample on, to the bit, and to the last that was sent.
    const heard = compare(session.pcm, left);
    expect(heard.correlation).toBeGreaterThan(0.99);
    expect(heard.offset).toBe(0);
    expect(left.slice(0, session.pcm.length)).toEqual(session.pcm.slice(0, left.length));
    // The phone's side of the other one, G.711 later.
    const sent = right.filter((_, i) => i % 2 === 0);
    expect(fidelity(sent, call.recording.samples, 8_000).snrMedian).toBeGreaterThan(15);
    expect(bundle.manifest.durationMs).toBeGreaterThan(3_400);

    expect(bundle.trace?.messages.map(({ summary }) => summary)).toContain('200 OK (INVITE)');
    expect(bundle.events.map(({ from, type }) => `${from} ${type}`)).toEqual(
      expect.arrayContaining(['bridge sip', 'bridge call', 'agent transcript', 'page log']),
    );
    const [word, , create = ''] = bundle.stats?.split('\n') ?? [];
    expect(word).toBe('RTCStatsDump');
    expect(create).toContain('"create"');
    expect(bundle.stats).toMatch(/^\["getStats","PC_0",.*"type":"inbound-rtp"/m);
    expect(JSON.stringify(bundle.config)).not.toContain('password');
    expect(bundle.timeline).toMatchObject({ callId: call.callId });

    // Dropped or picked, as a file: what is no bundle is refused, what is one shows what was.
    const nothing = [...zipSync({ 'readme.txt': strToU8('no bundle') })];
    await page.evaluate(`{
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from([${nothing.join()}])], 'other.zip'));
      dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
    }`);
    await expect(page.getByTestId('bundle-problem')).toContainText('BAD_BUNDLE');
    await page
      .getByTestId('open-bundle')
      .setInputFiles({ name, mimeType: 'application/zip', buffer: Buffer.from(zip) });
    const view = page.getByTestId('bundle-view');
    await expect(view).toContainText(call.callId);
    await expect(page.getByTestId('bundle-problem')).toHaveCount(0);
    // As it was live: the whistle rises, in the spectrogram too.
    await expect(view.getByTestId('spectrogram-button')).toBeVisible();
    const pitches = await view.locator('timeline-view').evaluate(pitchesOfCaller);
    const [low = NaN, , high = NaN] = pitches;
    expect(pitches).toEqual(pitches.toSorted((a, b) => a - b));
    expect(high - low).toBeGreaterThan(20);
    // A double click plays from there, and shows where that is.
    const axis = view.getByTestId('timeline');
    const { width = NaN } = (await axis.boundingBox()) ?? {};
    await axis.dblclick({ position: { x: width / 2, y: 60 } });
    const player = view.getByTestId('player').locator('audio');
    const at = () => player.evaluate((audio: { currentTime: number }) => audio.currentTime);
    const middle = bundle.manifest.durationMs / 2_000;
    await expect.poll(async () => Math.abs((await at()) - middle)).toBeLessThan(middle / 4);
    await expect(view.getByTestId('playhead')).toBeVisible();
    await view.getByTestId('bundle-sip').locator('summary').click();
    await expect(view.getByTestId('rung').first()).toContainText('INVITE');
    await view.getByTestId('bundle-said').locator('summary').click();
    await expect(view.getByTestId('transcript')).toContainText('a long whistle');
    await view.getByTestId('bundle-figures').locator('summary').click();
    const sentFrames = bundle.figures?.counters.framesToAgent ?? NaN;
    await expect(view.getByTestId('call-figures')).toContainText(
      `Frames to agent ${sentFrames.toLocaleString('en')}`,
    );
    await view.getByTestId('bundle-log').locator('summary').click();
    await expect(view.getByTestId('bundle-log')).toContainText('a long whistle');
    await expect(view.getByTestId('bundle-log')).not.toContainText('INVITE');
    await view.getByTestId('log-level').selectOption('debug');
    await expect(view.getByTestId('bundle-log')).toContainText('INVITE');

    // The same caller, in a new session of the agent, without the phone.
    agent.onSession = (again) => void answerLate(again);
    await view.getByTestId('replay-button').click();
    await expect(page.getByTestId('replay-progress')).toContainText(/Replaying\..*of 00:0\d/s);
    const replayed = await agent.session();
    expect(replayed.id).toMatch(/^replay-/);
    expect(replayed.query.get('phone_number')).toContain('agent001');
    expect(await replayed.closed).toBe(1000);
    await expect(page.getByTestId('comparison')).toBeVisible();
    const length = Math.min(replayed.pcm.length, left.length);
    expect(length).toBeGreaterThan(16_000 * 3.4);
    expect(replayed.pcm.slice(0, length)).toEqual(left.slice(0, length));
    const all = await keptRecordings(page, 2);
    expect(all[0]).toMatchObject({ callId: replayed.id, replayOf: call.callId, complete: true });
    await expect(page.getByTestId('turn-pair').first()).toBeVisible();
    await expect(page.getByTestId('bundle-view')).toHaveCount(2);

    // All of it for everybody, and in a narrow window as well; found again by a word of it.
    await expect(page.getByTestId('recording')).toHaveCount(2);
    for (const details of await page.getByTestId('bundle-log').all()) {
      if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
    }
    expect(await violations(page)).toEqual([]);
    expect(await tooWide(page)).toEqual([]);
    const search = page.getByRole('searchbox', { name: 'Search recordings' });
    await search.fill(replayed.id);
    await expect(page.getByTestId('recording')).toContainText(['replayed to the agent']);
    await expect(page.getByTestId('recordings-used')).toContainText('1 of 2 shown');
    await page.getByTestId('bundle-close').last().click();
    await expect(page.getByTestId('bundle-view')).toHaveCount(1);
    await expect(page.getByTestId('comparison')).toHaveCount(0);
  });

  test('a call whose page is reloaded is kept up to that moment', async ({
    agent,
    bridge,
    openPage,
    phone,
  }) => {
    const page = await openPage();
    const call = await phone.call({ to: '1000', play: caller, codecs: ['pcma'] });
    await call.answered;
    const session = await agent.session();
    await frames(session, 125);
    // Of half seconds, those that are over are in the file.
    await expect.poll(() => audioBytes(page)).toBeGreaterThan(2 * 4 * 16_000);
    await page.reload();
    await call.ended;
    await bridge.until('the call is gone', ({ calls }) => calls.length === 0);
    const [kept] = await keptRecordings(page, 1);
    expect(kept?.durationMs).toBeGreaterThanOrEqual(2_000);
    const { bundle } = await download(page);
    expect(bundle.manifest.complete).toBe(false);
    const [left = new Int16Array()] = bundle.wav.channels;
    expect(bundle.manifest.durationMs).toBe(Math.round((left.length * 1_000) / 16_000));
    // What the page wrote last may have died with its socket.
    const length = Math.min(left.length, session.pcm.length);
    expect(length).toBeGreaterThan(2 * 16_000);
    expect(left.slice(0, length)).toEqual(session.pcm.slice(0, length));

    await page.getByTestId('recording-remove').click();
    await expect(page.getByTestId('recording')).toHaveCount(0);
  });

  test('in IndexedDB, where there is no file system: through a reload, and the oldest goes', async ({
    agent,
    bridge,
    openPage,
    page,
    phone,
  }) => {
    // As a browser without it, in its worker; and with room for one of two calls.
    await page.route(/storage-worker.*\.js$/, async (route) => {
      const response = await route.fetch();
      const body = `delete FileSystemFileHandle.prototype.createSyncAccessHandle;${await response.text()}`;
      await route.fulfill({ response, body });
    });
    await page.route('**/api/config', async (route) => {
      const response = await route.fetch();
      const { recording, ...config } = (await response.json()) as PageConfig;
      await route.fulfill({
        response,
        json: { ...config, recording: { ...recording, limitMb: LIMIT_MB } },
      });
    });
    await openPage();
    const talk = async () => {
      const call = await phone.call({ to: '1000', play: caller, codecs: ['pcmu'] });
      await call.answered;
      const session = await agent.session();
      await frames(session, 100);
      await call.hangup();
      await session.closed;
      return { callId: call.callId, pcm: session.pcm };
    };
    const first = await talk();
    const [kept] = await keptRecordings(page, 1);
    expect(kept).toMatchObject({ callId: first.callId, complete: true });
    expect(await page.evaluate('indexedDB.databases().then((all) => all.length)')).toBe(1);
    await page.reload();
    await bridge.until('the page is back', ({ registrations }) =>
      registrations.some(({ kind }) => kind === 'page'),
    );
    const [again] = await keptRecordings(page, 1);
    expect(again).toEqual(kept);
    const { bundle } = await download(page);
    const [left = new Int16Array()] = bundle.wav.channels;
    expect(left.slice(0, first.pcm.length)).toEqual(first.pcm.slice(0, left.length));

    const second = await talk();
    await expect
      .poll(async () => (await keptRecordings(page, 1)).map(({ callId }) => callId))
      .toEqual([second.callId]);
    await expect(page.getByTestId('recording')).toHaveCount(1);
  });
});

/** More than one of the calls, and less than two. */
const LIMIT_MB = 0.2;

/** The loudest bands of the caller's spectrogram, in the beginning, the middle and the end of the sweep. */
function pitchesOfCaller(element: unknown): number[] {
  const { caller, callerSpectra } = (element as { timeline: Timeline }).timeline;
  const peak = { low: 0, high: 0, rms: 0, flags: 0 };
  const loud = Array.from({ length: caller.total }, (_, column) => column).filter(
    (column) => caller.read(column, column + 1, peak) && peak.high > 8_000,
  );
  return [0.1, 0.5, 0.9].map((share) => {
    const column = loud[Math.floor(share * loud.length)] ?? 0;
    const bands = Array.from({ length: 64 }, (_, band) => callerSpectra.at(column, band));
    return bands.indexOf(Math.max(...bands));
  });
}

/** Speaks half a second after the caller has been silent for as long. */
async function answerLate(session: AgentSession): Promise<void> {
  await frames(session, 150);
  session.send(bytesOf(answer));
}

/** Waits until so many are whole. */
async function keptRecordings(page: Page, count: number): Promise<readonly KeptRecording[]> {
  const read = () => page.evaluate<readonly KeptRecording[]>('bridge.recordings');
  const isWhole = ({ durationMs, isLive }: KeptRecording) => durationMs > 0 && !isLive;
  await expect.poll(async () => (await read()).filter(isWhole).length).toBe(count);
  return read();
}

/** Of the one recording there is, as the browser's storage has it. */
function audioBytes(page: Page): Promise<number> {
  return page.evaluate(`(async () => {
    const root = await navigator.storage.getDirectory();
    const all = await root.getDirectoryHandle('recordings');
    for await (const one of all.values()) {
      return (await (await one.getFileHandle('audio.wav')).getFile()).size;
    }
    return 0;
  })().catch(() => 0)`);
}

async function download(page: Page): Promise<{ bundle: Bundle; name: string; zip: Buffer }> {
  await expect(page.getByTestId('recording-save')).toHaveCount(1);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('recording-save').click(),
  ]);
  const zip = await readFile(await file.path());
  return { bundle: readBundle(zip), name: file.suggestedFilename(), zip };
}
