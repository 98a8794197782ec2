/**
 * Does the path notice what happens to the page? `busy`: its main thread is blocked for 2 s, twice.
 * `hidden`: it is told that nobody sees it. No frame may be lost, or late by more than 50 ms.
 */
import { hide } from '../../support/hidden-page.ts';
import { Caller, framesOf } from '../caller.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { single, summary } from '../result.ts';
import { onEachEngine, type Stage } from '../stage.ts';
import type { Suite } from '../suite.ts';

const STALL_MS = 2_000;
const MAX_SECONDS = 10;
const LATE_MS = 50;

export const busy: Suite = unattended(
  'busy',
  `caller to agent while the page's main thread is blocked for ${STALL_MS / 1000} s`,
  async (stage) => {
    for (const at of [1_500, 1_000]) {
      await delay(at);
      await stage.page.evaluate(
        `{ const until = performance.now() + ${STALL_MS}; while (performance.now() < until); }`,
      );
    }
  },
);

export const hidden: Suite = unattended(
  'hidden',
  'caller to agent while the page is hidden',
  (stage) => hide(stage.page),
);

function unattended(name: string, what: string, disturb: (stage: Stage) => Promise<void>): Suite {
  return {
    name,
    what,
    onlyOnRequest: true,
    run: (run, report) =>
      onEachEngine(run, async (stage, engines) => {
        const caller = new Caller(Math.min(run.seconds, MAX_SECONDS));
        run.say(`the caller speaks for ${Math.round(caller.durationMs / 1000)} s`);
        const { call, session } = await stage.call({
          play: caller.samples,
          onPacketSent: caller.sent,
          record: false,
        });
        await disturb(stage);
        const spoken = (caller.packetTimes[0] ?? 0) + caller.durationMs - performance.now();
        await delay(Math.max(0, spoken) + 500);
        await call.hangup();
        await stage.idle();

        const of = { suite: name, engines };
        const { snrDb, latencyMs } = caller.judge(framesOf(session));
        const { perSecond, n } = caller.pace(session.times);
        const bounds = [{ of: 'max', atMost: LATE_MS } as const];
        report(summary({ ...of, name: 'caller → agent', unit: 'ms', bounds }, latencyMs));
        const rate = [{ of: 'value', atLeast: 49.9, atMost: 50.1 } as const];
        report(
          single({ ...of, name: 'frames to the agent', unit: '/s', bounds: rate }, perSecond, n),
        );
        const whole = [{ of: 'value', atLeast: 35 } as const];
        report(single({ ...of, name: 'SNR: nothing lost', unit: 'dB', bounds: whole }, snrDb));
      }),
  };
}
