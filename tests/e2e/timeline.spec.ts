/**
 * The time axis of a real call: what the caller said stands where it was said, turns and transcripts in
 * order, keys move it; and what can be done to a call at its card.
 */
import type { Page } from 'playwright/test';
import type { Timeline } from '../../web/timeline/timeline.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import { EVENTS, GUTTER, VOICES, WORDS } from '../../web/ui/axis/layout.ts';
import { expect, test } from './fixtures.ts';

const RATE = 8_000;
const COLUMN_MS = 20;

test.skip(({ engine }) => engine !== 'embedded', 'the axis does not depend on the media engine');

/** One second of 1 kHz for the caller at each of these seconds of what they play. */
function bursts(seconds: readonly number[], length: number): Int16Array {
  const play = new Int16Array(RATE * length);
  const tone = sweep({ sampleRate: RATE, seconds: 1, fromHz: 1_000, toHz: 1_000, amplitude: 0.5 });
  for (const second of seconds) play.set(tone, second * RATE);
  return play;
}

interface Seen {
  readonly answeredAt: number;
  readonly durationMs: number;
  readonly entries: Timeline['entries'];
  readonly turns: Timeline['turns'];
  /** Lowest, highest sample and flags of each column of the caller. */
  readonly caller: readonly (readonly [number, number, number])[];
  /** The loudest band of each column. */
  readonly pitch: readonly number[];
}

/** The newest call's axis, as plain data. */
function axisOf(page: Page): Promise<Seen> {
  return page.evaluate<Seen>(`(() => {
    const { timeline } = bridge.calls[0];
    const peak = { low: 0, high: 0, rms: 0, flags: 0 };
    const caller = [];
    const pitch = [];
    for (let i = 0; i < timeline.caller.total; i += 1) {
      timeline.caller.read(i, i + 1, peak);
      caller.push([peak.low, peak.high, peak.flags]);
      let loudest = 0;
      for (let band = 0; band < 64; band += 1) {
        const spectra = timeline.callerSpectra;
        if (spectra.at(i, band) > spectra.at(i, loudest)) loudest = band;
      }
      pitch.push(loudest);
    }
    const { answeredAt, durationMs, entries, turns } = timeline;
    return { answeredAt, durationMs, entries, turns, caller, pitch };
  })()`);
}

interface View {
  readonly fromMs: number;
  readonly spanMs: number;
  readonly isFollowing: boolean;
}

/** Which stretch of the axis is seen. */
function viewOf(page: Page): Promise<View> {
  return page.locator('timeline-view').evaluate((element: unknown) => {
    const { fromMs, spanMs, isFollowing } = (element as { readonly viewport: View }).viewport;
    return { fromMs, spanMs, isFollowing };
  });
}

/** A canvas of the newest call's axis, to be read. */
const COPY = `const inside = (element, name) => element.shadowRoot.querySelector(name);
  const card = inside(document.querySelector('bridge-app'), 'call-card');
  const canvas = inside(inside(card, 'timeline-view'), 'canvas');
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
  copy.drawImage(canvas, 0, 0);`;

/** The pixels of the caller's words. */
function wordsOf(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(`(() => {
    ${COPY}
    const { top, height } = ${JSON.stringify(WORDS.caller)};
    const { data } = copy.getImageData(${GUTTER}, top, canvas.width - ${GUTTER}, height);
    return [...new Uint32Array(data.buffer)];
  })()`);
}

/**
 * How many pixels of the caller's lane are no ground in the row above its middle: nearly all of them in a
 * waveform, where silence is a line; few in a spectrogram of silence and 1 kHz, where the row is 2 kHz.
 */
function inTheMiddle(page: Page): Promise<number> {
  return page.evaluate<number>(`(() => {
    ${COPY}
    const colour = (x, y) => copy.getImageData(x, y, 1, 1).data.join();
    const ground = colour(canvas.width - 2, ${VOICES.caller.top + 1});
    const y = ${VOICES.caller.top + VOICES.caller.height / 2 - 2};
    let others = 0;
    for (let x = ${GUTTER}; x < canvas.width; x += 1) if (colour(x, y) !== ground) others += 1;
    return others / (canvas.width - ${GUTTER});
  })()`);
}

test('a burst of the caller, turns, transcripts, a barge-in and SIP stand where they happened', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const sentAt: number[] = [];
  const call = await phone.call({
    to: '1000',
    codecs: ['pcmu'],
    play: bursts([1, 5], 30),
    onPacketSent: (_sequence, _timestamp, timeMs) => sentAt.push(timeMs),
  });
  await call.answered;
  const session = await agent.session();
  const heard = (second: number) =>
    expect.poll(() => sentAt.length, { intervals: [20] }).toBeGreaterThan(50 * second);
  const answer = bytesOf(
    sweep({ sampleRate: 16_000, seconds: 4, fromHz: 440, toHz: 440, amplitude: 0.5 }),
  );

  await heard(1.6);
  session.send('{"type":"transcript","text":"what","is_final":false}');
  await heard(2.6);
  session.send('{"type":"transcript","text":"what time is it","is_final":true}');
  await heard(2.9);
  session.send('{"type":"llm_start"}');
  await heard(3.2);
  session.send('{"type":"llm_response","text":"It is noon.","latency_ms":290}');
  await heard(3.4);
  session.send(answer);
  // The caller speaks over it.
  await heard(5.4);
  session.send('{"type":"barge_in"}');
  await heard(6.5);

  const own = () => axisOf(page).then(({ turns }) => turns.find(({ said }) => said !== undefined));
  await expect.poll(own).toMatchObject({ cutBy: 'agent' });
  const seen = await axisOf(page);

  // The tone, by the phone's clock, against the columns in which it is: as long, and as far apart.
  const isTone = seen.caller.map(([, high]) => high > 8_000);
  const first = isTone.indexOf(true);
  const second = isTone.indexOf(true, first + 100);
  const between = (sentAt[5 * 50] ?? 0) - (sentAt[50] ?? 0);
  expect(Math.abs((second - first) * COLUMN_MS - between)).toBeLessThan(500);
  const loud = isTone.slice(first, first + 60).filter(Boolean).length;
  expect(loud).toBeGreaterThanOrEqual(30);
  expect(loud).toBeLessThanOrEqual(56);
  // On the axis it begins when the phone sent it, no earlier; how much later depends on the machine.
  const began = performance.timeOrigin + (sentAt[50] ?? 0) - seen.answeredAt;
  expect(first * COLUMN_MS - began).toBeGreaterThan(-120);
  // Of both, the most: a busy machine may have left a gap in it. Speech is told once it is certain.
  const within = (column: number) => column >= first && column < first + 60;
  const pitches = seen.pitch.filter((_, column) => within(column) && isTone[column] === true);
  expect(pitches.toSorted((a, b) => a - b)[pitches.length >> 1]).toBe(16);
  const spoken = seen.caller.filter(([, , flags], column) => within(column) && (flags & 1) === 1);
  expect(spoken.length).toBeGreaterThan(20);

  const turn = seen.turns.find(({ said }) => said !== undefined);
  expect(turn).toMatchObject({ said: 'what time is it', answered: 'It is noon.', cutBy: 'agent' });
  const steps = [
    turn?.callerStartedMs,
    turn?.callerEndedMs,
    turn?.transcriptMs,
    turn?.llmStartedMs,
    turn?.llmEndedMs,
    turn?.audioMs,
    turn?.agentStartedMs,
    turn?.agentEndedMs,
  ].map((ms) => ms ?? NaN);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(Math.abs((turn?.callerStartedMs ?? 0) - first * COLUMN_MS)).toBeLessThan(100);

  const of = (kind: string) => seen.entries.filter((entry) => entry.kind === kind);
  expect(of('transcript').map(({ side, text, isPartial }) => [side, text, isPartial])).toEqual([
    ['caller', 'what time is it', undefined],
    ['agent', 'It is noon.', undefined],
  ]);
  expect(of('barge-in')).toHaveLength(1);
  expect(of('barge-in')[0]?.at).toBeGreaterThan(turn?.agentStartedMs ?? Infinity);
  expect(of('socket').at(-1)?.text).toContain('Connected to the agent');
  const invite = of('sip').find(({ text }) => text.startsWith('phone → bridge: INVITE'));
  expect(invite?.at).toBeLessThan(0);
  expect(invite?.detail).toContain('Via: SIP/2.0/UDP');

  // The table says the same, cut into the same steps.
  await expect(page.getByTestId('turn-summary')).toContainText('The caller waits');
  const bar = page.getByTestId('turn').filter({ hasText: 'what time is it' }).getByRole('img');
  await expect(bar).toHaveAccessibleName(
    /^end of speech → transcript .*, LLM .*, LLM → first audio/,
  );
  await call.hangup();

  // The call is over, and can still be looked at.
  await page.getByTestId('axis-button').click();
  await expect(page.getByTestId('ended-call').getByTestId('turn-summary')).toBeVisible();
  await expect(page.getByTestId('ended-call').getByTestId('timeline')).toBeVisible();
});

test('keys and wheel move the axis, marks tell what they are, the spectrogram shows the pitch', async ({
  agent,
  openPage,
  phone,
}) => {
  const page = await openPage();
  const call = await phone.call({ to: '1000', play: bursts([1], 30) });
  await call.answered;
  const session = await agent.session();
  await expect.poll(async () => (await axisOf(page)).durationMs).toBeGreaterThan(1_500);
  session.send('{"type":"transcript","text":"good morning","is_final":true}');
  await expect.poll(async () => (await axisOf(page)).durationMs).toBeGreaterThan(3_000);
  session.send('{"type":"transcript","text":"and","is_final":false}');
  const view = () => viewOf(page);
  const axis = page.getByTestId('timeline');
  const before = await view();
  expect(before.isFollowing).toBe(true);
  await axis.focus();
  for (let i = 0; i < 6; i += 1) await axis.press('+');
  expect((await view()).spanMs).toBeCloseTo(before.spanMs / 1.5 ** 6, 5);
  await axis.press('ArrowLeft');
  const panned = await view();
  expect(panned.isFollowing).toBe(false);
  await expect(page.getByTestId('follow-button')).toHaveAttribute('aria-pressed', 'false');
  await axis.press('ArrowLeft');
  expect((await view()).fromMs).toBeLessThan(panned.fromMs);
  await axis.press('0');
  expect((await view()).fromMs).toBeLessThanOrEqual(0);
  await axis.press('+');
  await axis.press('ArrowRight');
  expect((await view()).fromMs).toBeGreaterThan(0);
  await page.getByTestId('fit-button').click();
  expect((await view()).fromMs).toBeLessThanOrEqual(0);
  await axis.focus();

  // The first mark is the INVITE.
  await axis.press('ArrowDown');
  const details = page.getByTestId('axis-details');
  await expect(details).toContainText('SIP');
  await expect(details).toContainText('INVITE sip:1000@');
  await expect(details).toContainText('Call-ID');

  const box = await axis.boundingBox();
  if (box === null) throw new Error('the axis has no place');
  // Pointed at, a mark tells in a line what it is; beside it there is nothing to tell; clicked, it stays.
  const { fromMs: left, spanMs: seen } = await view();
  const at = (await axisOf(page)).entries.find(({ kind }) => kind === 'transcript')?.at ?? NaN;
  const rows = { x: box.x + GUTTER, width: box.width - GUTTER };
  const x = rows.x + (at - left) * (rows.width / seen);
  const y = box.y + WORDS.caller.top + WORDS.caller.height / 2;
  await page.mouse.move(x + 4, y);
  await expect(details).toContainText(/\d:\d\d\.\d{3}\s*Caller\s+good morning/);
  await page.mouse.move(x + 4, box.y + EVENTS.top + EVENTS.height / 2);
  await expect(details).not.toContainText('good morning');
  await page.mouse.click(x + 4, y);
  await page.mouse.move(x + 4, box.y + EVENTS.top + EVENTS.height / 2);
  await expect(details).toContainText('good morning');
  const { spanMs, fromMs } = await view();
  // A quarter of the rows lies left of the pointer.
  const quarter = rows.x + rows.width / 4;
  await page.mouse.move(quarter, box.y + 60);
  await page.mouse.wheel(0, -100);
  await expect.poll(async () => (await view()).spanMs).toBeCloseTo(spanMs / 1.2, 5);
  // What was under the pointer is there still.
  const after = await view();
  expect(after.fromMs + after.spanMs / 4).toBeCloseTo(fromMs + spanMs / 4, 0);
  await page.mouse.down();
  await page.mouse.move(quarter + 100, box.y + 60, { steps: 5 });
  await page.mouse.up();
  expect((await view()).fromMs).toBeLessThan(after.fromMs);

  // As a waveform and as pitches.
  await axis.press('0');
  await expect.poll(() => inTheMiddle(page)).toBeGreaterThan(0.5);
  // The view of the whole call does not move: words that are revised are painted alone.
  expect((await view()).isFollowing).toBe(false);
  const shown = async () => (await axisOf(page)).entries.find(({ isPartial }) => isPartial)?.text;
  for (const text of ['and how', 'and how are', 'and how are you']) {
    session.send(JSON.stringify({ type: 'transcript', text, is_final: false }));
    await expect.poll(shown).toBe(text);
  }
  // Five reports later the last of them has been painted.
  const { durationMs: toldAt } = await axisOf(page);
  await expect.poll(async () => (await axisOf(page)).durationMs).toBeGreaterThan(toldAt + 1_000);
  const revised = await wordsOf(page);
  await page.getByTestId('spectrogram-button').click();
  await expect(page.getByTestId('spectrogram-button')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => inTheMiddle(page)).toBeLessThan(0.3);
  // Painted anew, the words look as they did when they alone were painted, but for the smoothing of an edge.
  const anew = await wordsOf(page);
  expect(revised.filter((pixel) => pixel !== revised[0]).length).toBeGreaterThan(1_000);
  expect(anew.filter((pixel, i) => pixel !== revised[i]).length).toBeLessThan(50);
  await axis.press('End');
  await expect(page.getByTestId('follow-button')).toHaveAttribute('aria-pressed', 'true');
  await call.hangup();
});

test('either side can be muted, and keys go either way', async ({ agent, openPage, phone }) => {
  const page = await openPage();
  const play = sweep({ sampleRate: RATE, seconds: 60, fromHz: 1_000, toHz: 1_000, amplitude: 0.5 });
  const call = await phone.call({ to: '1000', codecs: ['pcmu'], play });
  await call.answered;
  const session = await agent.session();
  /** Of the last 200 ms. */
  const level = () => toneLevel(session.pcm.slice(-3_200), 16_000, 1_000);
  await expect.poll(level).toBeGreaterThan(0.3);
  // Half of full scale, as the meter and the figures say.
  const meter = page.getByTestId('meter-caller');
  await expect(meter).toHaveAttribute('aria-valuetext', /^−[56]\.?\d? dBFS$/);
  await expect(page.getByTestId('call-figures')).toContainText(/Frames to agent\s*\d+/);
  await expect(page.getByTestId('call-figures')).toContainText(/Frames per second\s*\d\d\.\d/);
  await expect(page.getByTestId('call-duration')).toHaveText(/^\d\d:\d\d$/);
  await page.getByTestId('mute-caller-button').click();
  await expect.poll(level).toBeLessThan(0.001);
  const frames = session.frames.length;
  await expect.poll(() => session.frames.length).toBeGreaterThan(frames + 10);
  await page.getByTestId('mute-caller-button').click();
  await expect.poll(level).toBeGreaterThan(0.3);

  // And the agent, whom the phone hears or not.
  const answer = bytesOf(
    sweep({ sampleRate: 16_000, seconds: 60, fromHz: 440, toHz: 440, amplitude: 0.5 }),
  );
  session.send(answer);
  const heard = () => toneLevel(call.recording.samples.slice(-1_600), RATE, 440);
  await expect.poll(heard).toBeGreaterThan(0.3);
  await page.getByTestId('mute-agent-button').click();
  await expect.poll(heard).toBeLessThan(0.001);
  await page.getByTestId('mute-agent-button').click();
  await expect.poll(heard).toBeGreaterThan(0.3);

  // What is being said is cut, by a button too.
  await page.getByTestId('interrupt-button').click();
  await expect.poll(heard).toBeLessThan(0.001);
  await expect(page.getByTestId('transcript')).toContainText('The answer is cut.');

  await page.getByTestId('keys-to').selectOption('agent');
  await page.getByTestId('key-7').click();
  await expect(page.getByTestId('transcript')).toContainText('The caller pressed 7.');
  const entries = async () => (await axisOf(page)).entries.map(({ text }) => text);
  await expect.poll(entries).toContain('You pressed 7 for the caller.');
  await call.hangup();
});
