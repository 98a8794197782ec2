/**
 * The caller speaks over the agent: from the event on the agent's socket to the last packet at the
 * phone in which anything at all can be heard, and how many packets still carry the answer. One that
 * is on its way when the event is sent counts as well: the caller does not care where it was. The
 * milliseconds that lead to silence are sound, and count for the time; of the answer they hold nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf } from '../../support/signals.ts';
import type { AgentSession } from '../../support/test-agent.ts';
import { phase, silence, tone } from '../answers.ts';
import { Listener } from '../listener.ts';
import { distribution } from '../result.ts';
import { onEachEngine, until } from '../stage.ts';
import type { Suite } from '../suite.ts';

const BARGE_INS = 100;
/** Packets of an answer that are heard before it is cut. */
const HEARD = 5;

export const bargeIn: Suite = {
  name: 'barge-in',
  what: `what is heard after ${BARGE_INS} barge-ins`,
  // What empties lies behind the engine: one is enough.
  run: (run, report) =>
    onEachEngine({ ...run, engines: run.engines.slice(0, 1) }, async (stage, engines) => {
      const listener = new Listener();
      const { call, session } = await stage.call({
        onPacketReceived: listener.received,
        record: false,
      });
      await delay(1000);
      run.say(`the caller interrupts ${BARGE_INS} times`);
      const after = await bargeIns(session, listener);
      await call.hangup();
      await stage.idle();

      const of = { suite: 'barge-in', engines };
      report(
        distribution(
          {
            ...of,
            name: 'barge-in → silence',
            unit: 'ms',
            bounds: [{ of: 'p95', atMost: 25 }],
          },
          after.map(({ sound }) => sound.at(-1) ?? 0),
        ),
      );
      report(
        distribution(
          {
            ...of,
            name: 'packets of the cut answer',
            unit: 'packets',
            bounds: [{ of: 'max', atMost: 1 }],
          },
          after.map(({ answer }) => answer.length),
        ),
      );
      after.forEach(({ answer, sound }, i) => {
        if (answer.length <= 1) return;
        const [packets, all] = [answer, sound].map((times) => times.map(Math.round).join(', '));
        run.note(
          `Barge-in ${i} (${engines}): of the answer at ${packets ?? ''} ms; sound at ${all ?? ''}.`,
        );
      });
    }),
};

interface After {
  /** How long after the event packets came in which something could be heard, in ms. */
  readonly sound: readonly number[];
  /** Of these, the ones with something of the answer. */
  readonly answer: readonly number[];
}

async function bargeIns(session: AgentSession, listener: Listener): Promise<After[]> {
  const answer = bytesOf(tone(4));
  const after: After[] = [];
  for (let i = 0; i < BARGE_INS; i++) {
    const began = performance.now();
    session.send('{"type":"tts_start"}');
    session.send(answer);
    await until('the phone hears the answer', () => listener.since(began).length >= HEARD);
    await delay(phase(i, BARGE_INS));
    const at = performance.now();
    session.send('{"type":"barge_in"}');
    await silence(listener);
    const sinceThen = (times: readonly number[]) => times.map((time) => time - at);
    after.push({
      sound: sinceThen(listener.since(at)),
      answer: sinceThen(listener.toneSince(at)),
    });
  }
  return after;
}
