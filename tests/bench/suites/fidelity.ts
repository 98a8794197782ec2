/**
 * How true the voice comes through, both ways and for every capture: swept sines, several tones at
 * once and speech, against ideal G.711, half a second at a time (a jitter buffer may move what comes
 * after it, and says so in a row of its own). A click would be a step that the signal does not have.
 *
 * Every half second has to be true, unless the machine stood still: the phone skipped slots in which
 * it should have sent, or packets came too late although nothing between delays or drops them. Then
 * the goal does not count, and the table's notes say so. The browser's jitter buffer, through which
 * `track` and `worklet` hear, mends its delay on its own: of those it is the median that counts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { idealCallerToAgent } from '../../../audio/compare.ts';
import { Resampler } from '../../../audio/resampler.ts';
import type { Capture } from '../../../common/api.ts';
import type { OutgoingCall } from '../../../softphone/outgoing-call.ts';
import { fidelity as judge, steepest } from '../../support/fidelity.ts';
import { bytesOf, sweep } from '../../support/signals.ts';
import { recordedSpeech } from '../caller.ts';
import { single } from '../result.ts';
import { onEachEngine, type Stage } from '../stage.ts';
import type { EngineName, Figure, Suite } from '../suite.ts';
import { concat } from '../../../audio/concat.ts';

const RATE = 8_000;
/** In which a jitter buffer settles. */
const LEAD_SECONDS = 2;
const SIGNAL_SECONDS = 3;

/** Nine tones that come round together at no lag within the signal (correlation 0.77 at the most). */
const TONES_HZ = [555.2, 761, 1119.5, 1364.2, 1697, 2183, 2205.1, 2573, 2871.4];
const TONE_AMPLITUDE = 2_700;

type Report = (figure: Figure) => void;

export const fidelity: Suite = {
  name: 'fidelity',
  onlyOnRequest: true,
  what: 'sweep, tones and speech through both directions, for every capture mode',
  run: (run, report) =>
    onEachEngine(run, async (stage, engines) => {
      // Without a gesture an AudioContext stays suspended.
      await stage.page.mouse.click(1, 1);
      for (const capture of ['encoded', 'track', 'worklet'] as const) {
        run.say(`the caller is heard by ${capture}`);
        await callerToAgent(stage, capture, { engines, report, note: run.note });
      }
      run.say('the agent is heard');
      await agentToCaller(stage, { engines, report, note: run.note });
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
    TONES_HZ.reduce((sum, hz) => sum + TONE_AMPLITUDE * Math.sin((2 * Math.PI * hz * i) / RATE), 0),
  );
  return concat([sine, tones, recordedSpeech(SIGNAL_SECONDS)]);
}

interface Telling {
  readonly engines: EngineName;
  readonly report: Report;
  readonly note: (text: string) => void;
}

async function callerToAgent(stage: Stage, capture: Capture, telling: Telling): Promise<void> {
  const spoken = signals();
  const play = concat([new Int16Array(LEAD_SECONDS * RATE), spoken]);
  const { call, session } = await stage.call({ play, record: false });
  await stage.page.evaluate(`bridge.capture('${capture}', ${JSON.stringify(call.callId)})`);
  await delay((play.length / RATE) * 1000 + 500);
  const stall = await stallOf(stage, call);
  await call.hangup();
  await stage.idle();
  const isBuffered = capture !== 'encoded';
  const name = `caller → agent, ${capture}`;
  tell(name, idealCallerToAgent(spoken, 'pcmu'), session.pcm, 16_000, telling, stall, isBuffered);
}

/** In words what shows that the machine stood still; empty when nothing does. */
async function stallOf(stage: Stage, call: OutgoingCall): Promise<string> {
  const { counters } = await stage.seenByPage(call.callId);
  return Object.entries({
    'slots the phone skipped': call.statistics.sent.skipped,
    'late packets': counters.late,
    'ms concealed': counters.concealedMs,
    'frames the browser did not take': counters.framesSkipped,
    'new starts of the playout clock': counters.resyncs,
  })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}

async function agentToCaller(stage: Stage, telling: Telling): Promise<void> {
  const up = new Resampler({ from: RATE, to: 16_000 });
  const answer = up.process(signals()).slice();
  const { call, session } = await stage.call({});
  await delay(1000);
  session.send(bytesOf(answer));
  await delay((answer.length / 16_000) * 1000 + 500);
  const heard = call.recording.samples;
  const stall = await stallOf(stage, call);
  await call.hangup();
  await stage.idle();
  const down = new Resampler({ from: 16_000, to: RATE });
  const ideal = down.process(answer).slice(Math.round(down.delaySamples));
  tell('agent → caller', ideal, heard, RATE, telling, stall, false);
}

function tell(
  name: string,
  ideal: Int16Array,
  heard: Int16Array,
  sampleRate: number,
  { engines, report, note }: Telling,
  stall: string,
  isBuffered: boolean,
): void {
  const { snrMedian, snrWorst, whole, gainDb, moves } = judge(ideal, heard, sampleRate);
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
  if (stall !== '') note(`${name} (${engines}): the machine stood still: ${stall}.`);
  const counts = stall === '' && !isBuffered;
  row('SNR, worst half second', 'dB', snrWorst, counts ? 35 : undefined);
  row('half seconds of 35 dB', '%', 100 * whole);
  row('level', 'dB', gainDb, -0.5, 0.5);
  row('largest step', '× its own', steepest(heard) / steepest(ideal), undefined, 1.05);
  row('changes of delay', '', moves);
}
