/**
 * Memory of the bridge: resident when idle, and how it grows with calls. The first third of the calls
 * warms caches and heaps up; growth is counted from there, in what is held after a collection.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CAN_WEIGH, memoryOf } from '../load.ts';
import { heldHeap } from '../held-heap.ts';
import { single } from '../result.ts';
import { onEachEngine } from '../stage.ts';
import type { Suite } from '../suite.ts';

const CALLS = 60;
/** Until a thousand calls the SIP trace fills up; a third of the calls goes by before growth is counted. */
const ENOUGH_CALLS = 3000;
/** Of growth per 1,000 calls: a tenth of what the whole bridge may take. */
const FLAT_MB = 15;
const SETTLE_MS = 1500;
const TALK_MS = 100;

export const memory: Suite = {
  name: 'memory',
  what: 'resident memory of the bridge, idle and after many calls',
  run: async (run, report) => {
    if (!CAN_WEIGH) {
      run.note('Memory is measured on Linux only.');
      return;
    }
    const embeddedOnly = { ...run, engines: run.engines.filter((name) => name === 'embedded') };
    await onEachEngine(embeddedOnly, async (stage, engines) => {
      const calls = run.calls ?? CALLS;
      const weigh = async () => {
        await delay(SETTLE_MS);
        return memoryOf(stage.bridge.pid);
      };
      const talk = async (count: number) => {
        for (let i = 0; i < count; i++) {
          const { call } = await stage.call({ record: false });
          await delay(TALK_MS);
          await call.hangup();
          await stage.idle();
        }
      };
      const of = { suite: 'memory', engines, unit: 'MB' };
      report(
        single(
          { ...of, name: 'idle, page open', bounds: [{ of: 'value', atMost: 150 }] },
          await weigh(),
        ),
      );
      const warmUp = Math.ceil(calls / 3);
      run.say(`${calls} calls`);
      await talk(warmUp);
      const before = await weigh();
      const heldBefore = await heldHeap(stage.bridge);
      await talk(calls - warmUp);
      const after = await weigh();
      const heldAfter = await heldHeap(stage.bridge);
      report(single({ ...of, name: `after ${warmUp} calls` }, before, warmUp));
      report(single({ ...of, name: `after ${calls} calls` }, after, calls));
      report(single({ ...of, name: `held after ${warmUp} calls` }, heldBefore, warmUp));
      report(single({ ...of, name: `held after ${calls} calls` }, heldAfter, calls));
      const growth = (1000 * (heldAfter - heldBefore)) / (calls - warmUp);
      report(
        single(
          {
            ...of,
            name: 'growth per 1,000 calls',
            ...(calls >= ENOUGH_CALLS && { bounds: [{ of: 'value', atMost: FLAT_MB }] }),
          },
          growth,
          calls - warmUp,
        ),
      );
    });
  },
};
