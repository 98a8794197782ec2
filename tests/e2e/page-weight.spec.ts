/**
 * What the page costs whoever keeps it open: nothing on it jumps, neither while it loads nor with a call
 * that comes, is answered and ends; and hours of a call leave no more behind than its time axis holds.
 */
import type { Page } from 'playwright/test';
import { HeapProbe } from '../support/heap.ts';
import { simulate, tapPage } from '../support/simulated-hours.ts';
import { expect, test } from './fixtures.ts';

test.beforeEach(({ engine }) => {
  test.skip(engine === 'rtpengine', 'the page is the same over either engine');
});

interface Shift {
  readonly value: number;
  readonly hadRecentInput: boolean;
  /** What moved: the elements, and from where to where. */
  readonly moved: readonly string[];
}

/** Before the page's own scripts: what moved without anybody having asked for it. */
const WATCH_SHIFTS = `globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    const moved = sources.map(({ node, previousRect: a, currentRect: b }) =>
      [node?.localName ?? node?.nodeName, node?.className, a.x, a.y, a.width, a.height, '→', b.x, b.y, b.width, b.height].join(' '));
    shifts.push({ value, hadRecentInput, moved });
  }
}).observe({ type: 'layout-shift', buffered: true });`;

/** A page that is answered late shows what it has (bridge-app.ts): here it waits, however slow the machine. */
const BE_PATIENT = `{
  const later = globalThis.setTimeout;
  globalThis.setTimeout = (act, ms, ...rest) => later(act, ms === 700 ? 60_000 : ms, ...rest);
}`;

async function shiftsOf(page: Page): Promise<Shift[]> {
  const shifts = await page.evaluate<Shift[]>('globalThis.shifts');
  return shifts.filter(({ hadRecentInput }) => !hadRecentInput);
}

test('nothing jumps while the page loads, nor with a call', async ({
  agent,
  openPage,
  page,
  phone,
}) => {
  await page.addInitScript(WATCH_SHIFTS);
  await page.addInitScript(BE_PATIENT);
  await openPage();
  await expect(page.getByTestId('chain-phone')).toHaveAttribute('data-light', 'green');
  await expect(page.getByTestId('readiness')).toContainText('to look at');
  const call = await phone.call({ to: '1000' });
  await call.answered;
  const session = await agent.session();
  session.send('{"type":"transcript","text":"what","is_final":false}');
  session.send('{"type":"transcript","text":"what time is it","is_final":true}');
  session.send('{"type":"llm_response","text":"It is noon."}');
  session.send(new Uint8Array(32_000));
  await expect(page.getByTestId('transcript')).toContainText('It is noon.');
  await call.hangup();
  await expect(page.getByTestId('ended-call')).toBeVisible();
  const shifts = await shiftsOf(page);
  const score = shifts.reduce((sum, { value }) => sum + value, 0);
  // What is left: a line more or less in the readiness, which comes back after the call.
  expect(score, JSON.stringify(shifts, undefined, 1)).toBeLessThan(0.03);
});

/**
 * What an hour may add when the rings that are full in two are full. Others fill slowly (5,000 entries,
 * 1,000 turns), and the newest lines of log and transcript are now these, now those. Anything that each
 * second leaves behind would be more: 3,600 nodes, or as many kilobytes.
 */
const MORE_MB = 3;
const MORE_NODES = 2_000;

test('hours of a call with every view open leave neither heap nor nodes behind', async ({
  openPage,
  page,
  phone,
}) => {
  await tapPage(page);
  await openPage();
  await page.setViewportSize({ width: 1440, height: 2000 });
  const heap = await HeapProbe.attach(page);
  const call = await phone.call({ to: '1000' });
  await call.answered;
  await page.getByTestId('network').locator('summary').click();
  await page.getByTestId('log-level').selectOption('debug');
  await expect(page.getByTestId('chart-playout')).not.toHaveAttribute('data-values', '0');
  await page.getByTestId('ladder-button').click();
  await expect(page.getByTestId('rung').first()).toBeVisible();

  await simulate(page, 2 * 3_600);
  const turns = page.getByTestId('turn-summary');
  await expect(turns).toContainText(/over 7[12]\d turns/);
  const before = await heap.read();
  await simulate(page, 3_600);
  await expect(turns).toContainText('over 1000 turns');
  const after = await heap.read();
  await test.info().attach('heap', { body: JSON.stringify({ before, after }, undefined, 2) });
  expect(after.pageMb + after.workersMb).toBeLessThan(before.pageMb + before.workersMb + MORE_MB);
  expect(after.nodes).toBeLessThan(before.nodes + MORE_NODES);
  // The whole of it, with an hour of both voices.
  expect(after.pageMb).toBeLessThan(40);
  await heap.close();
  await page.keyboard.press('Escape');
  await call.hangup();
});
