/**
 * The events of the talky family, read into the one model. Its dialects differ in how audio travels
 * and in what the client may say, and revisions of one endpoint mix their events, so that every one
 * of them understands all.
 */
import { badFrame, compact, fieldsOf, numberOf, rawOf, textOf, type Fields } from './fields.ts';
import type { AgentEvent } from './types.ts';

/** One text frame of the agent as an event; anything at all may come in, nothing is thrown. */
export function readText(text: string): AgentEvent {
  const fields = fieldsOf(text);
  return typeof fields === 'string' ? badFrame(fields, text) : readEvent(fields, text);
}

export function readEvent(fields: Fields, text: string): AgentEvent {
  const name = textOf(fields, 'type');
  if (name === undefined) return badFrame('The object has no type.', text);
  return READERS.get(name)?.(fields) ?? { type: 'unknown', name: rawOf(name), raw: rawOf(text) };
}

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
  ['tts_audio_complete', () => ({ type: 'mark' })],
  ['barge_in', readBargeIn],
  ['tts_interrupted', readBargeIn],
  ['error', readError],
  ['heartbeat', () => ({ type: 'heartbeat' })],
  ['ping', () => ({ type: 'heartbeat' })],
  ['pong', () => ({ type: 'heartbeat' })],
  ['session_start', () => ({ type: 'session_started' })],
  ['ready', () => ({ type: 'session_started' })],
  ['session_ending', readEnding],
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

function readEnding(fields: Fields): AgentEvent {
  const message = textOf(fields, 'message') ?? textOf(fields, 'reason');
  return compact({ type: 'session_ending', message });
}

function readEnd(fields: Fields): AgentEvent {
  return compact({
    type: 'call_ended',
    durationSeconds: numberOf(fields, 'duration_seconds'),
    outcome: textOf(fields, 'outcome'),
  });
}
