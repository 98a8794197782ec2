/**
 * What the page costs with one call: as the call opens it, and with everything about the call on screen,
 * by itself and beside what the browser takes for the same audio without us (bare-page.ts); what it holds
 * in memory, and how that grows; how soon it paints, and how it follows a hand.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright';
import { HeapProbe } from '../../support/heap.ts';
import { simulate, tapPage } from '../../support/simulated-hours.ts';
import { bytesOf, sweep } from '../../support/signals.ts';
import type { AgentSession } from '../../support/test-agent.ts';
import { openBarePage } from '../bare-page.ts';
import { CAN_WEIGH, shareWhile, threadSecondsOf } from '../load.ts';
import { distribution, single, type About } from '../result.ts';
import { onEachEngine, Stack, type Stage } from '../stage.ts';
import type { Suite } from '../suite.ts';

/** What has just been opened is still being compiled. */
const SETTLE_MS = 5000;
/** All of a call's card, with every chart, and the log beside it. */
const ALL_IN_SIGHT = { width: 1440, height: 2400 };
const VISITS = 7;
const DRAG_MS = 3000;
/** An hour's time axis is kept, and two of network figures: from then on nothing may grow. */
const HOURS_TO_FILL = 2;
const HOUR_S = 3600;
/** A recogniser that revises its text, and ends a sentence every few seconds. */
const REVISION_MS = 400;
const SENTENCE =
  'so tell me how late the last train to the coast leaves tonight and from which platform please';

export const page: Suite = {
  name: 'page',
  what: 'CPU and heap of the page during a call, first paint, frames while dragging',
  run: (run, report) =>
    onEachEngine({ ...run, engines: run.engines.slice(0, 1) }, async (stage, engines) => {
      const of = (name: string, unit: string, bounds: About['bounds'] = []): About => ({
        suite: 'page',
        engines,
        name,
        unit,
        bounds,
      });
      run.say('first paint');
      report(
        distribution(
          of('opened → first paint', 'ms', [{ of: 'p50', atMost: 1000 }]),
          await firstPaints(stage),
        ),
      );
      await tapPage(stage.page);
      await stage.page.reload();
      await stage.page.locator('[data-testid=registration-state][data-state=registered]').waitFor();
      const probe = await HeapProbe.attach(stage.page);
      const idle = await probe.read();
      // Nobody looks on while time is measured.
      await probe.close();

      const seconds = Math.min(run.seconds, 20);
      const length = 2 * seconds + 60;
      const voice = { seconds: length, toHz: 3000, amplitude: 0.5 };
      const { call, session } = await stage.call({
        play: sweep({ ...voice, sampleRate: 8000, fromHz: 300 }),
        record: false,
      });
      session.send(bytesOf(sweep({ ...voice, sampleRate: 16_000, fromHz: 400 })));
      const talk = transcribe(session);
      await delay(SETTLE_MS);

      const views: readonly [string, () => Promise<void>][] = [
        ['a call', () => Promise.resolve()],
        ['all views', () => openAllViews(stage)],
      ];
      for (const [name, show] of views) {
        await show();
        await delay(SETTLE_MS);
        run.say(`${seconds} s of a call in which both speak: ${name}`);
        const share = await shareOf(stage, seconds);
        const cpu = '% of a core';
        const bounds = [{ of: 'value', atMost: 5 } as const];
        report(single(of(`${name}: our code, all threads`, cpu, bounds), share.own));
        report(single(of(`${name}: of it the main thread`, cpu), share.main));
        report(single(of(`${name}: of it workers`, cpu), share.own - share.main));
        report(single(of(`${name}: its process, with WebRTC`, cpu), share.renderer));
        report(single(of(`${name}: the whole browser`, cpu), share.all));
      }
      if (CAN_WEIGH) {
        run.say(`the same for ${seconds} s, beside a bare page`);
        const { ours, bare } = await besideBarePage(stage, seconds);
        const name = 'all views, and a bare page beside';
        report(single(of(`${name}: ours`, '% of a core'), ours));
        report(single(of(`${name}: the bare page`, '% of a core'), bare));
        const bounds = [{ of: 'value', atMost: 2.5 } as const];
        report(single(of(`${name}: ours is`, 'times', bounds), ours / bare));
      }
      clearInterval(talk);

      run.say(`${HOURS_TO_FILL + 1} hours of the call, simulated`);
      const heap = await HeapProbe.attach(stage.page);
      const called = await heap.read();
      await simulate(stage.page, HOURS_TO_FILL * HOUR_S);
      await delay(SETTLE_MS);
      const full = await heap.read();
      await simulate(stage.page, HOUR_S);
      await delay(SETTLE_MS);
      const later = await heap.read();
      report(single(of('heap idle: page', 'MB'), idle.pageMb));
      report(single(of('heap idle: workers', 'MB'), idle.workersMb));
      report(single(of('heap in a call, all views: page', 'MB'), called.pageMb));
      report(single(of('heap in a call, all views: workers', 'MB'), called.workersMb));
      report(single(of(`heap after ${HOURS_TO_FILL} hours: page`, 'MB'), full.pageMb));
      report(single(of(`heap after ${HOURS_TO_FILL} hours: workers`, 'MB'), full.workersMb));
      report(
        single(
          of('heap grown by one more hour', 'MB', [{ of: 'value', atMost: 3 }]),
          later.pageMb + later.workersMb - full.pageMb - full.workersMb,
        ),
      );
      report(single(of('DOM nodes of one more hour', ''), later.nodes - full.nodes));
      await heap.close();

      run.say('dragging the time axis');
      await stage.page.keyboard.press('Escape');
      report(
        single(
          of('pictures while dragging', '/s', [{ of: 'value', atLeast: 55 }]),
          await picturesWhileDragging(stage),
        ),
      );
      await call.hangup();
      await stage.idle();
    }),
};

/** Of visits with an empty cache, each in a profile of its own. */
async function firstPaints({ browser, bridge }: Stage): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < VISITS; i += 1) {
    const context = await browser.newContext();
    const visitor = await context.newPage();
    // It is not started: one page answers the bench's calls.
    await visitor.goto(bridge.url);
    const paint = `new Promise((resolve) => new PerformanceObserver((list) => {
      const [entry] = list.getEntriesByName('first-contentful-paint');
      if (entry) resolve(entry.startTime);
    }).observe({ type: 'paint', buffered: true }))`;
    times.push(await visitor.evaluate<number>(paint));
    await context.close();
  }
  return times;
}

/** The words of the caller, as an agent tells them. */
function transcribe(session: AgentSession): ReturnType<typeof setInterval> {
  const words = SENTENCE.split(' ');
  let said = 0;
  return setInterval(() => {
    said = (said % words.length) + 1;
    const text = words.slice(0, said).join(' ');
    session.send(JSON.stringify({ type: 'transcript', text, is_final: said === words.length }));
  }, REVISION_MS);
}

/** Time axis, meters, figures, turns and charts, the whole log, and the ladder over them. */
async function openAllViews({ page }: Stage): Promise<void> {
  await page.setViewportSize(ALL_IN_SIGHT);
  await page.getByTestId('network').locator('summary').click();
  await page.getByTestId('log-level').selectOption('debug');
  await page.getByTestId('ladder-button').click();
  await page.getByTestId('rung').first().waitFor();
}

async function picturesWhileDragging({ page }: Stage): Promise<number> {
  const axis = page.getByTestId('timeline');
  await axis.scrollIntoViewIfNeeded();
  const box = await axis.boundingBox();
  if (box === null) return NaN;
  const [x, y] = [box.x + box.width / 2, box.y + 60];
  // How many of the frames that the browser makes show the axis somewhere else than the one before.
  const count = `new Promise((resolve) => {
    const view = document.querySelector('bridge-app').renderRoot.querySelector('call-card').renderRoot.querySelector('timeline-view');
    const until = performance.now() + ${DRAG_MS};
    let [moves, last] = [0, view.drawnFromMs];
    const look = () => {
      if (view.drawnFromMs !== last) [moves, last] = [moves + 1, view.drawnFromMs];
      if (performance.now() < until) requestAnimationFrame(look);
      else resolve((1000 * moves) / ${DRAG_MS});
    };
    look();
  })`;
  await page.mouse.move(x, y);
  await page.mouse.down();
  const counted = page.evaluate<number>(count);
  const until = performance.now() + DRAG_MS;
  for (let i = 0; performance.now() < until; i += 1) {
    await page.mouse.move(x + 200 * Math.sin(i / 20), y);
  }
  await page.mouse.up();
  return counted;
}

/** CPU seconds, or their share of a core. */
interface PageCost {
  /** The threads on which the page's scripts, styles and layout run, workers of every kind included. Known on Linux only. */
  readonly own: number;
  readonly main: number;
  /** Those and the browser's for audio, encryption, network and painting. */
  readonly renderer: number;
  readonly all: number;
}

/** Both in the same seconds: how quick this machine is at present is then no part of the comparison. */
async function besideBarePage(
  { browser }: Stage,
  seconds: number,
): Promise<{ readonly ours: number; readonly bare: number }> {
  const ours = await busyRenderers(browser);
  const stack = new Stack();
  try {
    await openBarePage(browser, stack);
    await delay(SETTLE_MS);
    const bare = (await busyRenderers(browser)).filter((id) => !ours.includes(id));
    const share = (ids: readonly number[]) =>
      shareWhile(
        () => ownSecondsOf(ids),
        () => delay(seconds * 1000),
      );
    const [our, theirs] = await Promise.all([share(ours), share(bare)]);
    return { ours: our, bare: theirs };
  } finally {
    await stack.close();
  }
}

/** Of pages with workers that have done something; browsers keep an empty one in reserve. */
async function busyRenderers(browser: Browser): Promise<number[]> {
  const renderers = (await processesOf(browser)).filter(({ type }) => type === 'renderer');
  return renderers.map(({ id }) => id).filter((id) => threadSecondsOf(id, isWorker) > 0);
}

async function shareOf(stage: Stage, seconds: number): Promise<PageCost> {
  const [before, began] = [await costOf(stage), performance.now()];
  await delay(seconds * 1000);
  const [after, elapsed] = [await costOf(stage), (performance.now() - began) / 1000];
  const share = (of: keyof PageCost) => (100 * (after[of] - before[of])) / elapsed;
  return {
    own: share('own'),
    main: share('main'),
    renderer: share('renderer'),
    all: share('all'),
  };
}

/** As the browser itself counts it, so that it works everywhere; threads as Linux does. */
async function costOf({ browser }: Stage): Promise<PageCost> {
  const processes = await processesOf(browser);
  const renderers = processes.filter(({ type }) => type === 'renderer');
  return {
    own: CAN_WEIGH ? ownSecondsOf(renderers.map(({ id }) => id)) : NaN,
    main: CAN_WEIGH ? sum(renderers.map(({ id }) => threadSecondsOf(id, isMain))) : NaN,
    renderer: sum(renderers.map(({ cpuTime }) => cpuTime)),
    all: sum(processes.map(({ cpuTime }) => cpuTime)),
  };
}

async function processesOf(
  browser: Browser,
): Promise<{ readonly type: string; readonly id: number; readonly cpuTime: number }[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo;
}

function sum(times: readonly number[]): number {
  return times.reduce((total, time) => total + time, 0);
}

function ownSecondsOf(processes: readonly number[]): number {
  return sum(processes.map((id) => threadSecondsOf(id, isOwn)));
}

function isMain(thread: string): boolean {
  return thread === 'main';
}

function isWorker(thread: string): boolean {
  return thread.startsWith('DedicatedWorker');
}

function isOwn(thread: string): boolean {
  return isMain(thread) || isWorker(thread);
}
