/** What the page costs with one call and everything about it on screen. */
import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf, sweep } from '../../support/signals.ts';
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
      const [before, began] = [await cpuSeconds(stage), performance.now()];
      await delay(seconds * 1000);
      const [after, elapsed] = [await cpuSeconds(stage), (performance.now() - began) / 1000];
      await call.hangup();
      await stage.idle();
      const share = (of: 'renderer' | 'all') => (100 * (after[of] - before[of])) / elapsed;
      const about = { suite: 'page', engines, unit: '% of a core' };
      report(
        single(
          { ...about, name: 'the page itself', bounds: [{ of: 'value', atMost: 5 }] },
          share('renderer'),
        ),
      );
      report(single({ ...about, name: 'the whole browser' }, share('all')));
    }),
};

/** As the browser itself counts it, so that it works everywhere. */
async function cpuSeconds({ browser }: Stage): Promise<{ renderer: number; all: number }> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sum = (processes: typeof processInfo) =>
    processes.reduce((total, { cpuTime }) => total + cpuTime, 0);
  return {
    renderer: sum(processInfo.filter(({ type }) => type === 'renderer')),
    all: sum(processInfo),
  };
}
