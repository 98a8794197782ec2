/**
 * Why an agent's socket closed, as a sentence that says what to do. The codes are those of RFC 6455
 * (https://www.rfc-editor.org/rfc/rfc6455#section-7.4), one of the talky endpoints' own, and two of
 * the bridge's.
 */
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE } from '../../common/api.ts';

/** Why the agent's socket closed, and what to do about it. */
export function explainClose(code: number, reason: string): string {
  const said = reason === '' ? '' : ` It said: “${reason}”.`;
  return `${CLOSES.get(code) ?? `The agent closed the connection with code ${code}.`}${said}`;
}

const CLOSES: ReadonlyMap<number, string> = new Map([
  [1000, 'The agent ended the session.'],
  [1001, 'The agent is going away: it was stopped or restarted.'],
  [1005, 'The agent ended the session without giving a code.'],
  [
    1006,
    'The connection to the agent dropped without a goodbye: look at the network and at the agent’s log.',
  ],
  [
    1008,
    'The agent refused the connection by its policy: check the origin it allows and the credentials.',
  ],
  [1009, 'The agent refused a frame as too large: check the configured frame length.'],
  [1011, 'The agent failed with an error of its own: its log says which.'],
  [1012, 'The agent is restarting.'],
  [1013, 'The agent is busy: try again in a moment, or allow it more sessions.'],
  [
    4000,
    'The agent misses parameters: give it tenant_id, campaign_id and lead_id in the query of its address.',
  ],
  [
    CLOSE_AGENT_UNREACHABLE,
    'The bridge could not reach the agent: check that it runs and that its address is right.',
  ],
  [
    CLOSE_AGENT_REFUSED,
    'The agent refused the bridge’s connection: check its address, path and credentials.',
  ],
]);
