/**
 * The time a caller waits for an answer, cut into the steps it is spent on, as far as they are known: an
 * agent that tells nothing of itself has one step, from the last word to the first sound.
 */
import type { TurnSpan } from './types.ts';

export type PhaseName = 'transcribe' | 'hand-over' | 'think' | 'speak' | 'play' | 'wait';

/** What each step is, for people. */
export const PHASE_WORDS: Record<PhaseName, string> = {
  transcribe: 'end of speech → transcript',
  'hand-over': 'transcript → LLM',
  think: 'LLM',
  speak: 'LLM → first audio',
  play: 'first audio → heard',
  wait: 'wait',
};

export interface Phase {
  readonly name: PhaseName;
  readonly fromMs: number;
  readonly toMs: number;
}

/** In order, without a gap, from the caller's last sound to the agent's first. */
export function phasesOf(turn: TurnSpan): Phase[] {
  const { callerEndedMs, agentStartedMs } = turn;
  if (callerEndedMs === undefined || agentStartedMs === undefined) return [];
  if (agentStartedMs <= callerEndedMs || turn.latencyMs === undefined) return [];
  const steps: readonly (readonly [PhaseName, number | undefined])[] = [
    ['transcribe', turn.transcriptMs],
    ['hand-over', turn.llmStartedMs],
    ['think', turn.llmEndedMs],
    ['speak', turn.audioMs],
    ['play', agentStartedMs],
  ];
  const phases: Phase[] = [];
  let cursor = callerEndedMs;
  steps.forEach(([name, until], i) => {
    // An agent that streams goes on thinking while its voice is heard: such a step has no end here.
    const isLater = steps.slice(i + 1).some(([, other]) => (other ?? Infinity) < (until ?? 0));
    if (until === undefined || until <= cursor || isLater) return;
    phases.push({ name, fromMs: cursor, toMs: until });
    cursor = until;
  });
  const [only] = phases;
  return phases.length === 1 && only !== undefined ? [{ ...only, name: 'wait' }] : phases;
}
