/**
 * A long call: is the agent's time still the call's at its end? Two phones speak at once for
 * --seconds, one whose clock is 200 ppm slow and one 200 ppm fast, as no sound card should be and
 * many are. Counted are the agent's frames from the answer on, against this machine's clock.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Softphone } from '../../../softphone/softphone.ts';
import { findBursts, longSpeech } from '../long-speech.ts';
import { single } from '../result.ts';
import { onEachEngine, type Stage } from '../stage.ts';
import type { BenchRun, EngineName, Figure, Suite } from '../suite.ts';

const SKEW_PPM = 200;
const FRAME_MS = 20;
/** Over which the quickest frame is looked for: drift is that of the quickest. */
const EDGE_MS = 5_000;
/** Drift shows only in a long call: a packet at 200 ppm takes 100 s. */
const LONG_S = 60;

export const soak: Suite = {
  name: 'soak',
  what: 'a call of --seconds from a phone whose clock is 200 ppm off; long, so on request only',
  onlyOnRequest: true,
  run: (run, report) =>
    onEachEngine(run, async (stage, engines) => {
      const second = await Softphone.create({
        server: await stage.bridge.phoneServer(),
        user: 'agent002',
        password: 'any',
      });
      try {
        await Promise.all([
          oneCall(stage, stage.phone, SKEW_PPM, engines, run, report),
          oneCall(stage, second, -SKEW_PPM, engines, run, report),
        ]);
      } finally {
        await second.close();
      }
      await stage.idle();
    }),
};

async function oneCall(
  stage: Stage,
  phone: Softphone,
  skewPpm: number,
  engines: EngineName,
  { seconds, say }: BenchRun,
  report: (figure: Figure) => void,
): Promise<void> {
  const clock = `${Math.abs(skewPpm)} ppm ${skewPpm > 0 ? 'slow' : 'fast'}`;
  const speech = longSpeech(seconds);
  const { call, session } = await stage.call({ play: speech, record: false, skewPpm }, phone);
  const { answeredAt } = await stage.seenByPage(call.callId);
  say(`${seconds} s with a phone ${clock}`);
  await delay(seconds * 1000 + 100);
  const { counters } = await stage.seenByPage(call.callId);
  await call.hangup();

  const { times } = session;
  const end = answeredAt + seconds * 1000;
  const count = times.filter((time) => time <= end).length;
  const of = { suite: 'soak', engines };
  const long = seconds >= LONG_S;
  const bounds = (atLeast: number, atMost: number) => [{ of: 'value', atLeast, atMost } as const];
  const row = (name: string, unit: string, value: number, n: number, goal = bounds(-1, 1)) =>
    report(single({ ...of, name: `${clock}: ${name}`, unit, bounds: long ? goal : [] }, value, n));
  const due = seconds * 50;
  row(`frames in ${seconds} s`, 'frames', count, count, bounds(due - 1, due + 1));
  row('drift, start to end', 'ms', driftOf(times), count, bounds(-FRAME_MS, FRAME_MS));
  const { found, of: bursts, outOfOrder } = findBursts(speech, session.pcm);
  row('seconds heard whole', 's', found, bursts, bounds(0.97 * bursts, bursts));
  row('out of order', 's', outOfOrder, bursts, bounds(0, 0));
  const told = counters.skewPpm ?? NaN;
  row('what the page tells', 'ppm', told, 1, bounds(skewPpm - 20, skewPpm + 20));
  row('added − left out', 'ms', counters.addedMs - counters.leftOutMs, 1, []);
  row('concealed', 'ms', counters.concealedMs, 1, []);
  row('late packets', 'packets', counters.late, count, []);
}

/** By how much the quickest frame of the end is later than that of the start, after 50 a second. */
function driftOf(times: readonly number[]): number {
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  const quickest = (from: number, to: number) =>
    times.reduce(
      (low, time, i) => (time >= from && time <= to ? Math.min(low, time - i * FRAME_MS) : low),
      Infinity,
    );
  // The first second belongs to the setup.
  const start = quickest(first + 1000, first + 1000 + EDGE_MS);
  return quickest(last - EDGE_MS, last) - start;
}
