/**
 * Many calls through one media engine: its share of a core, what it loses, how long it takes. Three
 * processes: the engine, a crowd of calls, and here the one call whose packets are timed: among a
 * hundred calls of its own, the clock would mostly show how long a packet waits to be read.
 */
import { startPart, type ChildPart } from '../child.ts';
import { CAN_WEIGH, cpuShare } from '../load.ts';
import { RelayLoad, type RelayResult } from '../relay-load.ts';
import { distribution, single } from '../result.ts';
import { installed, kindOf, Stack } from '../stage.ts';
import type { BenchRun, EngineName, Figure, Suite } from '../suite.ts';

const LEVELS = [10, 50, 100];
const RANGE = { portMin: 26_000, portMax: 26_999 };
/** Of the embedded engine's pages, as its reference advises for many calls. */
const WEBRTC_PORT = 25_999;
const MAX_SECONDS = 6;

export const relay: Suite = {
  name: 'relay',
  what: '10, 50 and 100 calls through one media engine',
  run: async (run, report) => {
    for (const engine of installed(run.engines, run.note)) {
      run.say(engine);
      const stack = new Stack();
      try {
        await measure(engine, run, stack, report);
      } finally {
        await stack.close();
      }
    }
  },
};

async function measure(
  engines: EngineName,
  { seconds, say }: BenchRun,
  stack: Stack,
  report: (figure: Figure) => void,
): Promise<void> {
  const { pid, ngPort } = await startEngine(engines, stack);
  const crowd: ChildPart<object> = await startPart('./relay-load-process.ts', String(ngPort));
  stack.push(() => crowd.close());
  const timed = await RelayLoad.open(ngPort, 'timed', stack);
  await timed.grow(1);
  for (const calls of LEVELS) {
    say(`${calls} calls`);
    await crowd.ask(`grow ${calls - 1}`);
    const run = async (forSeconds: number): Promise<RelayResult> => {
      const [ofCrowd, ofTimed] = await Promise.all([
        crowd.ask(`run ${forSeconds}`) as Promise<Omit<RelayResult, 'latencies'>>,
        timed.run(forSeconds),
      ]);
      return {
        sent: ofCrowd.sent + ofTimed.sent,
        received: ofCrowd.received + ofTimed.received,
        latencies: ofTimed.latencies,
      };
    };
    await run(1);
    let result: RelayResult = { sent: 0, received: 0, latencies: [] };
    const body = async () => void (result = await run(Math.min(seconds, MAX_SECONDS)));
    const share =
      CAN_WEIGH && pid !== undefined ? await cpuShare(pid, body) : await body().then(() => NaN);
    const { sent, received, latencies } = result;
    const of = { suite: 'relay', engines };
    const goals = engines === 'embedded' && calls === 100;
    report(
      single(
        {
          ...of,
          name: `${calls} calls: CPU`,
          unit: '% of a core',
          ...(goals && { bounds: [{ of: 'value', atMost: 60 }] }),
        },
        share,
        calls,
      ),
    );
    report(
      single(
        {
          ...of,
          name: `${calls} calls: lost`,
          unit: 'packets',
          ...(goals && { bounds: [{ of: 'value', atMost: 0 }] }),
        },
        sent - received,
        sent,
      ),
    );
    report(
      distribution(
        {
          ...of,
          name: `${calls} calls: under way`,
          unit: 'ms',
          ...(goals && { bounds: [{ of: 'p95', atMost: 1 }] }),
        },
        latencies,
      ),
    );
  }
}

async function startEngine(
  name: EngineName,
  stack: Stack,
): Promise<{ pid: number | undefined; ngPort: number }> {
  if (name === 'rtpengine') {
    const engine = await kindOf(name).start(RANGE);
    stack.push(() => engine.close());
    return { pid: engine.pid, ngPort: engine.ngPort };
  }
  const part = await startPart<{ ngPort: number }>(
    './engine-process.ts',
    String(RANGE.portMin),
    String(RANGE.portMax),
    String(WEBRTC_PORT),
  );
  stack.push(() => part.close());
  return { pid: part.pid, ngPort: part.ready.ngPort };
}
