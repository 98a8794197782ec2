/**
 * Which events of the agent say that what it sends from now on belongs to a new answer (see
 * audio/answer-gate.ts): its model or its speech has started, the caller's turn is recognised to
 * its end, or the session is a new one. A `turn_complete` says no such thing: it closes the
 * answer before, whose last chunks may still be on their way.
 */
import type { AgentEvent } from '../../agent/dialects/types.ts';

export function beginsAnswer(event: AgentEvent): boolean {
  switch (event.type) {
    case 'llm_started':
    case 'llm_response':
    case 'speech_started':
    case 'session_started':
      return true;
    case 'transcript':
      return event.final;
    default:
      return false;
  }
}
