/**
 * The caller speaks over the agent: from the event on the agent's socket to the last packet at the
 * phone in which anything of the answer can be heard, and how many such packets there are. One that
 * is on its way when the event is sent counts as well: the caller does not care where it was.
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
  run: (run, report) =>
    onEachEngine(run, async (stage, engines) => {
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
            name: 'barge-in → last packet',
            unit: 'ms',
            bounds: [{ of: 'p95', atMost: 25 }],
          },
          after.map((offsets) => offsets.at(-1) ?? 0),
        ),
      );
      report(
        distribution(
          {
            ...of,
            name: 'packets after barge-in',
            unit: 'packets',
            bounds: [{ of: 'max', atMost: 1 }],
          },
          after.map(({ length }) => length),
        ),
      );
    }),
};

/** For each, how long after the event packets came in which the answer could still be heard. */
async function bargeIns(session: AgentSession, listener: Listener): Promise<number[][]> {
  const answer = bytesOf(tone(4));
  const after: number[][] = [];
  for (let i = 0; i < BARGE_INS; i++) {
    const began = performance.now();
    session.send('{"type":"tts_start"}');
    session.send(answer);
    await until('the phone hears the answer', () => listener.since(began).length >= HEARD);
    await delay(phase(i, BARGE_INS));
    const at = performance.now();
    session.send('{"type":"barge_in"}');
    await silence(listener);
    after.push(listener.since(at).map((time) => time - at));
  }
  return after;
}
