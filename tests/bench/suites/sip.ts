/**
 * The embedded drachtio server and a drachtio-srf application, together in one process as in the
 * bridge: how much signaling do they get through? The load is closed: the next one begins when one
 * is done, so the rate is what the process can do, and its share of a core stands beside it.
 */
import { startPart } from '../child.ts';
import { CAN_WEIGH, cpuShare } from '../load.ts';
import { single } from '../result.ts';
import { SipLoad, type LoadResult } from '../sip-load.ts';
import { Stack } from '../stage.ts';
import type { Figure, Suite } from '../suite.ts';

const BUSY = 20;
const REGISTRATIONS = 5000;
const CALLS = 1500;

export const sip: Suite = {
  name: 'sip',
  what: 'registrations and calls a second through the embedded drachtio',
  run: async (run, report) => {
    const stack = new Stack();
    try {
      const server = await startPart<{ port: number }>('./sip-process.ts');
      stack.push(() => server.close());
      const load = await SipLoad.open(server.ready.port);
      stack.push(() => load.close());
      const calls = run.calls ?? CALLS;
      // Before anything is counted, the compiler of the engine has seen it.
      await load.registrations(REGISTRATIONS / 5, BUSY);
      await load.calls(CALLS / 5, BUSY, 'answer');

      const measure = async (
        name: string,
        goal: number,
        body: () => Promise<LoadResult>,
      ): Promise<void> => {
        run.say(name);
        for (const figure of await rate(server.pid, name, goal, body)) report(figure);
      };
      await measure('registrations', 500, () => load.registrations(REGISTRATIONS, BUSY));
      await measure('calls answered', 100, () => load.calls(calls, BUSY, 'answer'));
      const b2b = `b2b-${load.port}`;
      await measure('calls passed on (B2BUA)', 100, () => load.calls(calls, BUSY, b2b));
    } finally {
      await stack.close();
    }
  },
};

async function rate(
  pid: number,
  name: string,
  goal: number,
  body: () => Promise<LoadResult>,
): Promise<Figure[]> {
  let result: LoadResult = { done: 0, failed: 0, seconds: 0 };
  const work = async () => void (result = await body());
  const share = CAN_WEIGH ? await cpuShare(pid, work) : await work().then(() => NaN);
  const { done, failed, seconds } = result;
  const suite = 'sip';
  const bound = { of: 'value', atLeast: goal } as const;
  return [
    single({ suite, name, unit: '/s', bounds: [bound] }, done / seconds, done),
    single({ suite, name: `${name}: CPU`, unit: '% of a core' }, share, done),
    single(
      { suite, name: `${name}: failed`, unit: '', bounds: [{ of: 'value', atMost: 0 }] },
      failed,
      done + failed,
    ),
  ];
}
