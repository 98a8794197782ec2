/** How long a caller waits: INVITE to 200 OK, to the agent's first frame, to the page's first packet. */
import { distribution } from '../result.ts';
import { onEachEngine, until } from '../stage.ts';
import type { Suite } from '../suite.ts';

const CALLS = 40;

export const setup: Suite = {
  name: 'setup',
  what: 'INVITE to answer, to the first frame at the agent and at the phone',
  run: (run, report) =>
    onEachEngine(run, async (stage, engines) => {
      const calls = run.calls ?? CALLS;
      const answered: number[] = [];
      const firstFrame: number[] = [];
      const firstPacket: number[] = [];
      run.say(`${calls} calls`);
      for (let i = 0; i < calls; i++) {
        const packets: number[] = [];
        const { call, session } = await stage.call({
          record: false,
          onPacketReceived: (_sequence, _timestamp, timeMs) => packets.push(timeMs),
        });
        await until('voice flows', () => session.times.length > 0 && packets.length > 0);
        const { startedMs, answeredMs = NaN } = call.times;
        answered.push(answeredMs - startedMs);
        firstFrame.push((session.times[0] ?? NaN) - startedMs);
        firstPacket.push((packets[0] ?? NaN) - startedMs);
        await call.hangup();
        await stage.idle();
      }
      const of = { suite: 'setup', engines, unit: 'ms' };
      report(
        distribution(
          { ...of, name: 'INVITE → 200 OK', bounds: [{ of: 'p95', atMost: 250 }] },
          answered,
        ),
      );
      report(
        distribution(
          {
            ...of,
            name: 'INVITE → first frame at the agent',
            bounds: [{ of: 'p95', atMost: 400 }],
          },
          firstFrame,
        ),
      );
      report(distribution({ ...of, name: 'INVITE → first packet at the phone' }, firstPacket));
    }),
};
