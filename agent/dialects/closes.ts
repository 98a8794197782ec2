/**
 * Why an agent's socket closed, or never opened, as a sentence that says what to change. The codes are
 * those of RFC 6455 (https://www.rfc-editor.org/rfc/rfc6455#section-7.4), one of the talky endpoints'
 * own, and two of the bridge's, which carry an HTTP status or a system's error code as their reason.
 */
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE } from '../../common/api.ts';

/** What the bridge says in place of a close frame that never came begins with this. */
export const CLOSED_HERE = 'AGENT_CLOSED: ';
export const DROPPED = 'dropped';
export const NO_SIGN_OF_LIFE = 'no sign of life';

/**
 * @param reason of the close frame
 * @param error what the agent said of an error just before it closed
 */
export function explainClose(code: number, reason: string, error = ''): string {
  const fact = reason.replace(/^[A-Z_]+: /, '');
  if (reason.startsWith(CLOSED_HERE)) return explainNoGoodbye(fact);
  switch (code) {
    case CLOSE_AGENT_REFUSED:
      return explainHttp(fact);
    case CLOSE_AGENT_UNREACHABLE:
      return explainUnreachable(fact);
    case 4000:
      return explainParameters(error === '' ? fact : error);
    default: {
      const said = fact === '' ? error : fact;
      const sentence = CLOSES.get(code) ?? `The agent closed the connection with code ${code}.`;
      return said === '' ? sentence : `${sentence} It said: “${said}”.`;
    }
  }
}

const NO_GOODBYE =
  'The connection to the agent dropped without a goodbye: look at the network and at the agent’s log.';

const CLOSES: ReadonlyMap<number, string> = new Map([
  [1000, 'The agent ended the session.'],
  [1001, 'The agent is going away: it was stopped or restarted.'],
  [1003, 'The agent does not take this kind of message: is it the right dialect?'],
  [1005, 'The agent ended the session without giving a code.'],
  [1006, NO_GOODBYE],
  [1007, 'The agent could not read a message: is it the right dialect?'],
  [
    1008,
    'The agent refused the connection by its policy: check the origin it allows and the credentials in its headers.',
  ],
  [1009, 'The agent refused a frame as too large: set a shorter frame length.'],
  [1011, 'The agent failed with an error of its own: its log says which.'],
  [1012, 'The agent is restarting.'],
  [1013, 'The agent is busy: allow it more sessions, or end other calls.'],
]);

function explainNoGoodbye(fact: string): string {
  if (fact === DROPPED) return NO_GOODBYE;
  if (fact === NO_SIGN_OF_LIFE) {
    return 'The agent gave no sign of life for three pings and was given up: look at what keeps it from its socket.';
  }
  return `What the agent sent is no WebSocket’s (${fact}), and the connection was closed: look at how it writes its messages.`;
}

const HTTP: ReadonlyMap<number, string> = new Map([
  [
    400,
    'The agent could not read the request (HTTP 400): check its address, and what its query must hold.',
  ],
  [
    401,
    'The agent wants credentials (HTTP 401): set its header Authorization, for instance to “Bearer …”, or renew the token.',
  ],
  [
    403,
    'The agent forbids the connection (HTTP 403): check its credentials. With FastAPI it also means that no route has this path, or that the query lacks a parameter: check the prefix (/api/v1) and the query.',
  ],
  [
    404,
    'The agent’s server has no such path (HTTP 404): check the address of the agent, its prefix above all (/api/v1/ws/voice).',
  ],
  [429, 'The agent is asked too often (HTTP 429): allow it more sessions.'],
  [
    503,
    'The agent takes no calls just now (HTTP 503): it is starting, busy, or behind a proxy that cannot reach it.',
  ],
]);

function explainHttp(fact: string): string {
  const status = Number(/^HTTP (\d{3})/.exec(fact)?.[1] ?? 0);
  const known = HTTP.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return `The agent failed (${fact}): its log says why.`;
  if (status >= 300 && status < 400) {
    return `The agent’s server sends us elsewhere (${fact}): write the address it really has, with wss:// if it wants TLS.`;
  }
  return `What answers at the agent’s address is no WebSocket (${fact}): check host, port and path.`;
}

const SYSTEM: ReadonlyMap<string, string> = new Map([
  [
    'ECONNREFUSED',
    'Nothing listens at the agent’s address: start the agent, or correct host and port.',
  ],
  ['ENOTFOUND', 'The agent’s host name is not known: check its spelling.'],
  ['EAI_AGAIN', 'The agent’s host name cannot be looked up just now: check the network.'],
  ['ETIMEDOUT', 'The agent does not answer: check host and port, and firewalls between.'],
  ['EHOSTUNREACH', 'The agent’s host cannot be reached: check its address and the network.'],
  ['ENETUNREACH', 'The agent’s network cannot be reached: check its address and the network.'],
  [
    'ECONNRESET',
    'The agent’s server hung up before it answered: does it speak WebSocket, and TLS, there?',
  ],
  ['EPROTO', 'The agent’s server speaks no TLS there: write ws:// instead of wss://.'],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'The agent’s server speaks no TLS there: write ws:// instead of wss://.',
  ],
  ['CERT_HAS_EXPIRED', 'The agent’s certificate has expired: renew it.'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'The agent’s certificate is for another host name: use the name it was made for.',
  ],
]);

function explainUnreachable(fact: string): string {
  const known = [...SYSTEM].find(([name]) => fact.includes(name));
  if (known !== undefined) return known[1];
  if (/wrong version number|packet length too long/i.test(fact))
    return SYSTEM.get('EPROTO') ?? fact;
  if (/certificate|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/i.test(fact)) {
    return `The agent’s certificate is not trusted (${fact}): give its authority’s PEM file as ca.`;
  }
  if (/timed out/i.test(fact)) return SYSTEM.get('ETIMEDOUT') ?? fact;
  if (/hang up/i.test(fact)) return SYSTEM.get('ECONNRESET') ?? fact;
  return `The agent cannot be reached: ${fact}. Check that it runs and that its address is right.`;
}

/** Older revisions of the endpoint need no query; the newer one names what it misses. */
function explainParameters(said: string): string {
  const names = /parameters?:\s*([\w ,]+)/i.exec(said)?.[1]?.match(/\w+/g) ?? [
    'tenant_id',
    'campaign_id',
    'lead_id',
  ];
  const example = names.map((name) => `${name}=1`).join('&');
  return (
    `This agent is of a revision that wants parameters and misses ${inWords(names)}: ` +
    `give them in its query, for instance “${example}”.`
  );
}

function inWords(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
