/**
 * How true the voice comes through, both ways and for every capture: swept sines, several tones at
 * once and speech, against ideal G.711, half a second at a time (a jitter buffer may move what comes
 * after it, and says so in a row of its own). A click would be a step that the signal does not have.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { idealCallerToAgent } from '../../../audio/compare.ts';
import { Resampler } from '../../../audio/resampler.ts';
import type { Capture } from '../../../common/api.ts';
import { fidelity as judge, steepest } from '../../support/fidelity.ts';
import { bytesOf, sweep } from '../../support/signals.ts';
import { recordedSpeech } from '../caller.ts';
import { single } from '../result.ts';
import { onEachEngine, type Stage } from '../stage.ts';
import type { EngineName, Figure, Suite } from '../suite.ts';

const RATE = 8_000;
/** In which a jitter buffer settles. */
const LEAD_SECONDS = 2;
const SIGNAL_SECONDS = 3;

type Report = (figure: Figure) => void;

export const fidelity: Suite = {
  name: 'fidelity',
  what: 'sweep, tones and speech through both directions, for every capture mode',
  run: (run, report) =>
    onEachEngine(run, async (stage, engines) => {
      // Without a gesture an AudioContext stays suspended.
      await stage.page.mouse.click(1, 1);
      for (const capture of ['encoded', 'track', 'worklet'] as const) {
        run.say(`the caller is heard by ${capture}`);
        await callerToAgent(stage, engines, capture, report);
      }
      run.say('the agent is heard');
      await agentToCaller(stage, engines, report);
    }),
};

function signals(): Int16Array {
  const length = SIGNAL_SECONDS * RATE;
  const sine = sweep({
    sampleRate: RATE,
    seconds: SIGNAL_SECONDS,
    fromHz: 300,
    toHz: 3300,
    amplitude: 0.5,
  });
  const tones = Int16Array.from({ length }, (_, i) =>
    [440, 1010, 1700, 2330, 3100].reduce(
      (sum, hz) => sum + 5_000 * Math.sin((2 * Math.PI * hz * i) / RATE),
      0,
    ),
  );
  return concat([sine, tones, recordedSpeech(SIGNAL_SECONDS)]);
}

async function callerToAgent(
  stage: Stage,
  engines: EngineName,
  capture: Capture,
  report: Report,
): Promise<void> {
  const spoken = signals();
  const play = concat([new Int16Array(LEAD_SECONDS * RATE), spoken]);
  const { call, session } = await stage.call({ play, record: false });
  await stage.page.evaluate(`bridge.setCapture(${JSON.stringify(call.callId)}, '${capture}')`);
  await delay((play.length / RATE) * 1000 + 500);
  await call.hangup();
  await stage.idle();
  tell(`caller → agent, ${capture}`, idealCallerToAgent(spoken, 'pcmu'), session.pcm, 16_000, {
    engines,
    report,
  });
}

async function agentToCaller(stage: Stage, engines: EngineName, report: Report): Promise<void> {
  const up = new Resampler({ from: RATE, to: 16_000 });
  const answer = up.process(signals()).slice();
  const { call, session } = await stage.call({});
  await delay(1000);
  session.send(bytesOf(answer));
  await delay((answer.length / 16_000) * 1000 + 500);
  const heard = call.recording.samples;
  await call.hangup();
  await stage.idle();
  const down = new Resampler({ from: 16_000, to: RATE });
  const ideal = down.process(answer).slice(Math.round(down.delaySamples));
  tell('agent → caller', ideal, heard, RATE, { engines, report });
}

function tell(
  name: string,
  ideal: Int16Array,
  heard: Int16Array,
  sampleRate: number,
  { engines, report }: { readonly engines: EngineName; readonly report: Report },
): void {
  const { snrMedian, whole, gainDb, moves } = judge(ideal, heard, sampleRate);
  const of = { suite: 'fidelity', engines };
  const row = (what: string, unit: string, value: number, atLeast?: number, atMost?: number) =>
    report(
      single(
        {
          ...of,
          name: `${name}: ${what}`,
          unit,
          ...((atLeast !== undefined || atMost !== undefined) && {
            bounds: [
              {
                of: 'value',
                ...(atLeast !== undefined && { atLeast }),
                ...(atMost !== undefined && { atMost }),
              },
            ],
          }),
        },
        value,
      ),
    );
  row('SNR, median', 'dB', snrMedian, 35);
  row('half seconds of 35 dB', '%', 100 * whole);
  row('level', 'dB', gainDb, -0.5, 0.5);
  row('largest step', '× its own', steepest(heard) / steepest(ideal), undefined, 1.05);
  row('changes of delay', '', moves);
}

function concat(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
