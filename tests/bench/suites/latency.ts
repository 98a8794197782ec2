/**
 * How long a voice is under way. Caller to agent: a packet's sending to the arrival of its first
 * sample at the agent. Agent to caller: an answer's first byte to the first packet in which it can
 * be heard, the queue being empty.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { measureAgentToCaller } from '../../../server/demo/measure.ts';
import { bytesOf, sweep } from '../../support/signals.ts';
import type { AgentSession } from '../../support/test-agent.ts';
import { phase, QUIET_MS, silence, tone } from '../answers.ts';
import { Caller, framesOf } from '../caller.ts';
import { floorCall } from '../floor.ts';
import { Listener } from '../listener.ts';
import { distribution, single, summary } from '../result.ts';
import { onEachEngine, Stack, until, type Stage } from '../stage.ts';
import type { Capture } from '../../../common/api.ts';
import type { BenchRun, EngineName, Figure, Suite } from '../suite.ts';

const ANSWERS = 40;
/** Of speech, for the ways of capture that are not the default. */
const CAPTURE_SECONDS = 6;
/** In which the way is changed. */
const CAPTURE_SETTLE_SECONDS = 3;

type Report = (figure: Figure) => void;

export const latency: Suite = {
  name: 'latency',
  what: 'caller to agent, agent to caller, fidelity',
  run: async (run, report) => {
    const floor = await floorOf(run, report);
    await onEachEngine(run, async (stage, engine) => {
      await callerToAgent(stage, engine, run, floor, report);
      // What the page captures by lies behind the engine: once is enough.
      if (engine === run.engines[0]) await byCapture(stage, engine, run, report);
      await agentToCaller(stage, engine, run, report);
    });
  },
};

async function floorOf({ seconds, say }: BenchRun, report: Report): Promise<number> {
  say('the floor: the same packets without a bridge');
  const stack = new Stack();
  try {
    const caller = new Caller(Math.min(seconds, 10));
    const { latencyMs } = caller.judge(await floorCall(caller.samples, caller.sent, stack));
    const figure = summary({ suite: 'latency', name: 'floor: no bridge', unit: 'ms' }, latencyMs);
    report(figure);
    return figure.p50 ?? NaN;
  } finally {
    await stack.close();
  }
}

async function callerToAgent(
  stage: Stage,
  engines: EngineName,
  { seconds, say }: BenchRun,
  floor: number,
  report: Report,
): Promise<void> {
  say(`the caller speaks for ${seconds} s`);
  const caller = new Caller(seconds);
  const answer = sweep({ sampleRate: 16_000, seconds: 3, fromHz: 300, toHz: 3000, amplitude: 0.5 });
  const { call, session } = await stage.call({ play: caller.samples, onPacketSent: caller.sent });
  await delay(caller.durationMs / 2);
  const startedAtMs = performance.now();
  session.send(bytesOf(answer));
  await delay(Math.max(caller.durationMs / 2, 3500) + QUIET_MS);
  const { recording } = call;
  await call.hangup();
  await stage.idle();

  const { latencyMs, snrDb, gainDb } = caller.judge(framesOf(session));
  const of = { suite: 'latency', engines };
  const up = summary(
    {
      ...of,
      name: 'caller → agent',
      unit: 'ms',
      bounds: [
        { of: 'p50', atMost: 3 },
        { of: 'p95', atMost: 8 },
        { of: 'p99', atMost: 20 },
      ],
    },
    latencyMs,
  );
  report(up);
  report(single({ ...of, name: 'caller → agent over floor', unit: '×' }, (up.p50 ?? NaN) / floor));
  const { perSecond, longestGapMs, n } = caller.pace(session.times);
  const about = { ...of, name: 'frames to the agent', unit: '/s' };
  report(
    single({ ...about, bounds: [{ of: 'value', atLeast: 49.9, atMost: 50.1 }] }, perSecond, n),
  );
  report(single({ ...of, name: 'longest pause between frames', unit: 'ms' }, longestGapMs, n));
  const down = measureAgentToCaller([{ samples: answer, startedAtMs }], recording);
  for (const [name, heard] of [
    ['caller → agent', { snrDb, gainDb }],
    ['agent → caller', down],
  ] as const) {
    report(
      single(
        { ...of, name: `SNR ${name}`, unit: 'dB', bounds: [{ of: 'value', atLeast: 35 }] },
        heard.snrDb,
      ),
    );
    report(
      single(
        {
          ...of,
          name: `gain ${name}`,
          unit: 'dB',
          bounds: [{ of: 'value', atLeast: -0.5, atMost: 0.5 }],
        },
        heard.gainDb,
      ),
    );
  }
}

/** The browser's jitter buffer lies on these ways; where it moved, the figure is that of most of the speech. */
async function byCapture(
  stage: Stage,
  engines: EngineName,
  { say }: BenchRun,
  report: Report,
): Promise<void> {
  // Without a gesture an AudioContext stays suspended.
  await stage.page.mouse.click(1, 1);
  const others: readonly Capture[] = ['track', 'worklet'];
  for (const capture of others) {
    say(`the caller is heard by ${capture}`);
    const caller = new Caller(CAPTURE_SECONDS, undefined, CAPTURE_SETTLE_SECONDS);
    const { call, session } = await stage.call({
      play: caller.samples,
      onPacketSent: caller.sent,
      record: false,
    });
    await stage.page.evaluate(`bridge.capture('${capture}', ${JSON.stringify(call.callId)})`);
    await delay(caller.durationMs + QUIET_MS);
    await call.hangup();
    await stage.idle();
    const name = `caller → agent by ${capture}`;
    report(
      summary(
        { suite: 'latency', engines, name, unit: 'ms' },
        caller.judge(framesOf(session)).latencyMs,
      ),
    );
  }
}

async function agentToCaller(
  stage: Stage,
  engines: EngineName,
  { say }: BenchRun,
  report: Report,
): Promise<void> {
  const listener = new Listener();
  const { call, session } = await stage.call({
    onPacketReceived: listener.received,
    record: false,
  });
  await delay(1000);
  say(`the agent answers ${ANSWERS} times`);
  const answers = await firstPackets(session, listener);
  await call.hangup();
  await stage.idle();

  const of = { suite: 'latency', engines };
  report(
    distribution(
      {
        ...of,
        name: 'agent → caller, first packet',
        unit: 'ms',
        bounds: [
          { of: 'p50', atMost: 4 },
          { of: 'p95', atMost: 22 },
        ],
      },
      answers,
    ),
  );
}

/** Short answers at every phase of the packet clock; the time each takes to be heard. */
async function firstPackets(session: AgentSession, listener: Listener): Promise<number[]> {
  const answer = bytesOf(tone(0.2));
  const latencies: number[] = [];
  for (let i = 0; i < ANSWERS; i++) {
    await delay(phase(i, ANSWERS));
    const at = performance.now();
    session.send(answer);
    await until('the phone hears the answer', () => listener.since(at).length > 0);
    latencies.push((listener.since(at)[0] ?? NaN) - at);
    await silence(listener);
  }
  return latencies;
}
