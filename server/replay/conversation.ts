/**
 * One conversation on one clock: what the caller said, what was heard of the agent, and what happened.
 * Its turns are measured from the two voices alone, by the meter that measures live calls, so that a
 * recording and its replay are judged alike, wherever the one and the other come from.
 */
import { Resampler } from '../../audio/resampler.ts';
import { TurnMeter } from '../../audio/turn-meter.ts';
import type { Turn } from '../../common/figures.ts';

export interface Conversation {
  readonly sampleRate: number;
  /** Both from the same moment on, as long as each other. */
  readonly caller: Int16Array;
  readonly agent: Int16Array;
  readonly events: readonly ConversationEvent[];
}

export interface ConversationEvent {
  /** Milliseconds from the first sample. */
  readonly ms: number;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How exactly the beginning of an answer is known. */
const STEP_MS = 5;

export function turnsOf({
  sampleRate,
  caller,
  agent,
}: Pick<Conversation, 'sampleRate' | 'caller' | 'agent'>): Turn[] {
  const meter = new TurnMeter({ sampleRate, onAnswer: () => undefined });
  const step = Math.round((sampleRate * STEP_MS) / 1000);
  meter.start(0);
  for (let at = 0; at + step <= Math.max(caller.length, agent.length); at += step) {
    const now = (at * 1000) / sampleRate;
    const said = caller.subarray(at, at + step);
    // A voice that has ended is silent, not gone.
    meter.hear(said.length === step ? said : new Int16Array(step), now + STEP_MS);
    meter.speak(agent.subarray(at, at + step), now, undefined);
  }
  return meter.turns;
}

/** At another rate; as long as before, to the sample. */
export function atRate(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples;
  const resampler = new Resampler({ from, to });
  const delay = Math.round(resampler.delaySamples);
  const padded = new Int16Array(samples.length + Math.ceil((delay * from) / to) + 1);
  padded.set(samples);
  const length = Math.round((samples.length * to) / from);
  return resampler.process(padded).slice(delay, delay + length);
}

export function isAudible(samples: Int16Array): boolean {
  return samples.some((sample) => sample > 200 || sample < -200);
}
