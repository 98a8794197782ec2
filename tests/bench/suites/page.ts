/** What the page costs with one call and everything about it on screen. */
import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf, sweep } from '../../support/signals.ts';
import { CAN_WEIGH, threadSecondsOf } from '../load.ts';
import { single } from '../result.ts';
import { onEachEngine, type Stage } from '../stage.ts';
import type { Suite } from '../suite.ts';

const SETTLE_MS = 2000;

export const page: Suite = {
  name: 'page',
  what: 'CPU share of the page during a call',
  run: (run, report) =>
    onEachEngine({ ...run, engines: run.engines.slice(0, 1) }, async (stage, engines) => {
      const seconds = Math.min(run.seconds, 20);
      const speech = sweep({
        sampleRate: 8000,
        seconds: seconds + 5,
        fromHz: 300,
        toHz: 3000,
        amplitude: 0.5,
      });
      const { call, session } = await stage.call({ play: speech, record: false });
      const answer = { sampleRate: 16_000, fromHz: 400, toHz: 3000, amplitude: 0.5 };
      session.send(bytesOf(sweep({ ...answer, seconds: seconds + 5 })));
      await delay(SETTLE_MS);
      run.say(`${seconds} s of a call in which both speak`);
      const [before, began] = [await costOf(stage), performance.now()];
      await delay(seconds * 1000);
      const [after, elapsed] = [await costOf(stage), (performance.now() - began) / 1000];
      await call.hangup();
      await stage.idle();
      const share = (of: keyof PageCost) => (100 * (after[of] - before[of])) / elapsed;
      const about = { suite: 'page', engines, unit: '% of a core' };
      report(
        single(
          { ...about, name: 'our code: main thread, worker', bounds: [{ of: 'value', atMost: 5 }] },
          share('own'),
        ),
      );
      report(single({ ...about, name: 'of it the main thread' }, share('main')));
      report(single({ ...about, name: 'of it the worker' }, share('own') - share('main')));
      report(single({ ...about, name: 'its process, with WebRTC' }, share('renderer')));
      report(single({ ...about, name: 'the whole browser' }, share('all')));
    }),
};

/** CPU seconds. */
interface PageCost {
  /** The threads on which the page's scripts, styles and layout run. Known on Linux only. */
  readonly own: number;
  readonly main: number;
  /** Those and the browser's for audio, encryption, network and painting. */
  readonly renderer: number;
  readonly all: number;
}

/** As the browser itself counts it, so that it works everywhere; threads as Linux does. */
async function costOf({ browser }: Stage): Promise<PageCost> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  const sum = (times: readonly number[]) => times.reduce((total, time) => total + time, 0);
  return {
    own: CAN_WEIGH ? sum(renderers.map(({ id }) => threadSecondsOf(id, isOwn))) : NaN,
    main: CAN_WEIGH ? sum(renderers.map(({ id }) => threadSecondsOf(id, isMain))) : NaN,
    renderer: sum(renderers.map(({ cpuTime }) => cpuTime)),
    all: sum(processInfo.map(({ cpuTime }) => cpuTime)),
  };
}

function isMain(thread: string): boolean {
  return thread === 'main';
}

function isOwn(thread: string): boolean {
  return isMain(thread) || thread.startsWith('DedicatedWorker');
}
