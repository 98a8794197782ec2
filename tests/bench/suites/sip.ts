/**
 * The embedded drachtio server and a drachtio-srf application, together in one process as in the
 * bridge: how much signaling do they get through? The load is closed: the next one begins when one
 * is done, so the rate is what the process can do, and its share of a core stands beside it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startPart } from '../child.ts';
import { CAN_WEIGH, cpuShare, memoryOf } from '../load.ts';
import { single } from '../result.ts';
import { ScriptedPage } from '../scripted-page.ts';
import { SipLoad, type LoadResult } from '../sip-load.ts';
import { Stack } from '../stage.ts';
import type { Figure, Suite } from '../suite.ts';

const BUSY = 20;
const REGISTRATIONS = 5000;
const CALLS = 1500;
/** Calls with media sessions; --calls 10000 is what the goal for memory is about. */
const FULL_CALLS = 2000;
/** Then the trace holds as many messages as it ever will, and what it keeps of them is no growth. */
const CALLS_TO_FILL = 3000;
/** More heap than before than this would be calls that are not let go. */
const GROWN_MB = 5;
/** A finished transaction is remembered for 64·T1 = 32 s (timers J and L of RFC 3261). */
const FORGOTTEN_MS = 36_000;

export const sip: Suite = {
  name: 'sip',
  what: 'registrations and calls a second through the embedded drachtio',
  // With its trace filled first it takes a minute and a half: too long for every run.
  onlyOnRequest: true,
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
    await fullCalls(run, report);
  },
};

/** Phone, registrar, two legs, media session, page: everything of a call but HTTP and the voice. */
async function fullCalls(...[run, report]: Parameters<Suite['run']>): Promise<void> {
  const stack = new Stack();
  try {
    const server = await startPart<{ port: number; ws: number }>('./sip-bridge-process.ts');
    stack.push(() => server.close());
    const page = await ScriptedPage.open(server.ready.ws);
    stack.push(() => page.close());
    const load = await SipLoad.open(server.ready.port);
    stack.push(() => load.close());
    const calls = run.calls ?? FULL_CALLS;
    run.say(`${CALLS_TO_FILL} calls to fill the trace`);
    await load.calls(CALLS_TO_FILL, BUSY, 'agent');
    await delay(FORGOTTEN_MS);
    const heap = async (): Promise<number> => Number(await server.ask('collect'));
    const resident = (): number => (CAN_WEIGH ? memoryOf(server.pid) : NaN);
    const of = { suite: 'sip', unit: 'MB' };
    const before = await heap();
    report(single({ ...of, name: 'resident before them' }, resident(), CALLS_TO_FILL));
    report(single({ ...of, name: 'heap before them' }, before, CALLS_TO_FILL));
    run.say(`${calls} calls with media sessions`);
    const body = (): Promise<LoadResult> => load.calls(calls, BUSY, 'agent');
    for (const figure of await rate(server.pid, 'calls with media sessions', 100, body))
      report(figure);
    report(single({ ...of, name: 'resident right after them' }, resident(), calls));
    await delay(FORGOTTEN_MS);
    const after = await heap();
    const bounds = [{ of: 'value', atMost: GROWN_MB }] as const;
    report(single({ ...of, name: 'heap when they are forgotten' }, after, calls));
    report(single({ ...of, name: 'heap grown by them', bounds }, after - before, calls));
    report(single({ ...of, name: 'resident when they are forgotten' }, resident(), calls));
  } finally {
    await stack.close();
  }
}

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
