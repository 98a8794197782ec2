/**
 * The `talky` dialect: a WebSocket at {base}/{call id}, raw PCM in binary frames both ways, JSON
 * events from the agent in text frames. The client never sends text: this kind of endpoint only
 * reads bytes, and a text frame ends its session.
 *
 * Events of the endpoint's sibling dialect (session_start … pong) are understood as well, because
 * revisions mix them.
 */
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE } from '../../common/api.ts';
import type { AgentEvent, Dialect } from './types.ts';

/** What is kept of a frame for a person to look at. */
const RAW_LENGTH = 2000;

type Fields = Readonly<Record<string, unknown>>;

/** One text frame of the agent as an event; anything at all may come in, nothing is thrown. */
export function parseTalky(text: string): AgentEvent {
  const raw = text.slice(0, RAW_LENGTH);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: 'bad_frame', reason: 'The frame is not JSON.', raw };
  }
  if (!isFields(value))
    return { type: 'bad_frame', reason: 'The frame is not a JSON object.', raw };
  const name = textOf(value, 'type');
  if (name === undefined) return { type: 'bad_frame', reason: 'The object has no type.', raw };
  return READERS.get(name)?.(value) ?? { type: 'unknown', name: name.slice(0, RAW_LENGTH), raw };
}

/** `base` as a user writes it: with or without a trailing slash, http or ws, maybe a query. */
export function talkyUrl(
  base: string,
  callId: string,
  query: Readonly<Record<string, string>> = {},
): string {
  const url = new URL(base.replace(/^http/i, 'ws'));
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(callId)}`;
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url.href;
}

/** Why the agent's socket closed, and what to do about it. */
export function explainClose(code: number, reason: string): string {
  const said = reason === '' ? '' : ` It said: “${reason}”.`;
  return `${CLOSES.get(code) ?? `The agent closed the connection with code ${code}.`}${said}`;
}

export const talky: Dialect = {
  name: 'talky',
  // Below 10 ms and above 1 s such an endpoint drops a frame without a word.
  input: { sampleRate: 16_000, minFrameBytes: 320, maxFrameBytes: 32_000 },
  sendsText: false,
  urlFor: talkyUrl,
  parse: parseTalky,
  explainClose,
};

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

const READERS: ReadonlyMap<string, (fields: Fields) => AgentEvent> = new Map([
  ['transcript', readTranscript],
  ['transcript_chunk', readTranscript],
  ['llm_start', () => ({ type: 'llm_started' })],
  ['llm_response', (fields) => readLlmResponse(fields, 'text')],
  ['llm_end', (fields) => readLlmResponse(fields, 'full_response')],
  ['tts_start', (fields) => compact({ type: 'speech_started', text: textOf(fields, 'text') })],
  ['tts_end', () => ({ type: 'speech_ended' })],
  ['turn_complete', readTurn],
  ['turn_end', readTurn],
  ['barge_in', readBargeIn],
  ['tts_interrupted', readBargeIn],
  ['error', readError],
  ['heartbeat', () => ({ type: 'heartbeat' })],
  ['ping', () => ({ type: 'heartbeat' })],
  ['pong', () => ({ type: 'heartbeat' })],
  ['session_start', () => ({ type: 'session_started' })],
  ['ready', () => ({ type: 'session_started' })],
  ['session_end', readEnd],
  ['call_ended', readEnd],
] satisfies [string, (fields: Fields) => AgentEvent][]);

function readTranscript(fields: Fields): AgentEvent {
  return compact({
    type: 'transcript',
    text: textOf(fields, 'text') ?? '',
    final: fields['is_final'] === true,
    confidence: numberOf(fields, 'confidence'),
  });
}

function readLlmResponse(fields: Fields, key: string): AgentEvent {
  return compact({
    type: 'llm_response',
    text: textOf(fields, key) ?? '',
    latencyMs: numberOf(fields, 'latency_ms'),
  });
}

function readTurn(fields: Fields): AgentEvent {
  return compact({
    type: 'turn_complete',
    llmLatencyMs: numberOf(fields, 'llm_latency_ms'),
    ttsLatencyMs: numberOf(fields, 'tts_latency_ms'),
    totalLatencyMs: numberOf(fields, 'total_latency_ms'),
    transcript: textOf(fields, 'full_transcript'),
  });
}

function readBargeIn(fields: Fields): AgentEvent {
  return compact({
    type: 'barge_in',
    message: textOf(fields, 'message'),
    timestamp: numberOf(fields, 'timestamp') ?? textOf(fields, 'timestamp'),
  });
}

/** {message}, or {error_code, error_message, component, recoverable}. */
function readError(fields: Fields): AgentEvent {
  const recoverable = fields['recoverable'];
  return compact({
    type: 'error',
    message:
      textOf(fields, 'message') ?? textOf(fields, 'error_message') ?? 'The agent gave no reason.',
    code: textOf(fields, 'error_code'),
    component: textOf(fields, 'component'),
    recoverable: typeof recoverable === 'boolean' ? recoverable : undefined,
  });
}

function readEnd(fields: Fields): AgentEvent {
  return compact({
    type: 'call_ended',
    durationSeconds: numberOf(fields, 'duration_seconds'),
    outcome: textOf(fields, 'outcome'),
  });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' ? value : undefined;
}

function numberOf(fields: Fields, key: string): number | undefined {
  const value = fields[key];
  return typeof value === 'number' ? value : undefined;
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined: an absent field is absent in an event too. */
function compact<const T extends object>(fields: T): Compact<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Compact<T>;
}
