/**
 * What lies between the caller's last word and the answer they hear, pieced together from two tellers:
 * the audio, which is measured here (common/figures.ts), and the agent's own events with the times at
 * which they came. A turn of the audio takes the events that came while it was waiting for its answer.
 */
import type { AgentEvent } from '../../agent/dialects/types.ts';
import type { AnswerFigures, Turn } from '../../common/figures.ts';
import type { TurnSpan } from './types.ts';

/** An event of the agent, for as long as a turn may want it. */
export interface Mark {
  readonly at: number;
  readonly event: AgentEvent;
}

/** More than an agent says in the turns that figures are sent of. */
export const KEPT_MARKS = 400;
/** An agent's text comes a moment before or after its first sound, and belongs to it either way. */
const TEXT_GRACE_MS = 3_000;

export interface SpanFacts {
  readonly turn: Turn;
  readonly answer: AnswerFigures | undefined;
  readonly marks: readonly Mark[];
  /** Where the turn before ends, and where the next one begins. */
  readonly since: number;
  readonly until: number;
}

export function spanOf({ turn, answer, marks, since, until }: SpanFacts): TurnSpan {
  const from = turn.callerStartedMs ?? since;
  const heardAt = turn.agentStartedMs ?? until;
  const own = marks.filter(({ at }) => at >= from && at < until);
  const before = own.filter(({ at }) => at <= heardAt);
  const transcript = before.findLast(
    ({ event }) => event.type === 'transcript' && event.final && event.text.trim() !== '',
  );
  const known = transcript?.at ?? from;
  const response = before.find(({ at, event }) => at >= known && event.type === 'llm_response');
  const started = before.find(({ at, event }) => at >= known && event.type === 'llm_started');
  const llmStartedMs = started?.at ?? startOf(response);
  const answered = own.find(
    ({ at, event }) => at >= known && at <= heardAt + TEXT_GRACE_MS && answerOf(event) !== '',
  );
  const said = transcript?.event.type === 'transcript' ? transcript.event.text : '';
  const words = answered === undefined ? '' : answerOf(answered.event);
  return {
    ...turn,
    ...(transcript !== undefined && { transcriptMs: transcript.at }),
    ...(llmStartedMs !== undefined && { llmStartedMs }),
    ...(response !== undefined && { llmEndedMs: response.at }),
    ...(answer !== undefined && {
      audioMs: answer.receivedMs,
      sentMs: answer.sentMs,
      heardMs: answer.heardMs,
    }),
    ...(said !== '' && { said }),
    ...(words !== '' && { answered: words }),
  };
}

/** An agent that tells only the end of its thinking tells how long it took. */
function startOf(response: Mark | undefined): number | undefined {
  if (response?.event.type !== 'llm_response') return undefined;
  const { latencyMs } = response.event;
  return latencyMs === undefined ? undefined : response.at - latencyMs;
}

function answerOf(event: AgentEvent): string {
  return event.type === 'llm_response' || event.type === 'speech_started' ? (event.text ?? '') : '';
}
