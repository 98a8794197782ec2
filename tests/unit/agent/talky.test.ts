import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTalky, talky, talkyUrl } from '../../../agent/dialects/talky.ts';

describe('events of the dialect', () => {
  it.each([
    [
      { type: 'transcript', text: 'hello', is_final: true, confidence: 0.93 },
      { type: 'transcript', text: 'hello', final: true, confidence: 0.93 },
    ],
    [
      { type: 'transcript', text: 'hel', is_final: false },
      { type: 'transcript', text: 'hel', final: false },
    ],
    [
      { type: 'barge_in', message: 'caller spoke', timestamp: '2026-01-01T00:00:00Z' },
      { type: 'barge_in', message: 'caller spoke', timestamp: '2026-01-01T00:00:00Z' },
    ],
    [
      { type: 'tts_interrupted', timestamp: 12.5 },
      { type: 'barge_in', timestamp: 12.5 },
    ],
    [
      { type: 'llm_response', text: 'Good day.', latency_ms: 412 },
      { type: 'llm_response', text: 'Good day.', latencyMs: 412 },
    ],
    [
      { type: 'turn_complete', llm_latency_ms: 400, tts_latency_ms: 120, total_latency_ms: 700 },
      { type: 'turn_complete', llmLatencyMs: 400, ttsLatencyMs: 120, totalLatencyMs: 700 },
    ],
    [
      { type: 'error', message: 'no voice' },
      { type: 'error', message: 'no voice' },
    ],
    [
      {
        type: 'error',
        error_code: 'E7',
        error_message: 'quota',
        component: 'stt',
        recoverable: false,
      },
      { type: 'error', message: 'quota', code: 'E7', component: 'stt', recoverable: false },
    ],
    [{ type: 'heartbeat' }, { type: 'heartbeat' }],
    [
      { type: 'call_ended', duration_seconds: 63.2, outcome: 'booked' },
      { type: 'call_ended', durationSeconds: 63.2, outcome: 'booked' },
    ],
  ])('%j', (message, event) => {
    expect(parseTalky(JSON.stringify(message))).toEqual(event);
  });
});

describe('events of the sibling dialect', () => {
  it.each([
    ['session_start', {}, { type: 'session_started' }],
    ['session_end', {}, { type: 'call_ended' }],
    [
      'transcript_chunk',
      { text: 'a', is_final: true },
      { type: 'transcript', text: 'a', final: true },
    ],
    ['turn_end', { full_transcript: 'a b' }, { type: 'turn_complete', transcript: 'a b' }],
    ['llm_start', {}, { type: 'llm_started' }],
    ['llm_end', { full_response: 'Yes.' }, { type: 'llm_response', text: 'Yes.' }],
    ['tts_start', { text: 'Yes.' }, { type: 'speech_started', text: 'Yes.' }],
    ['tts_end', {}, { type: 'speech_ended' }],
    ['ping', {}, { type: 'heartbeat' }],
    ['pong', {}, { type: 'heartbeat' }],
  ])('%s', (type, fields, event) => {
    const message = { type, call_id: 'c1', timestamp: 1, ...fields };
    expect(parseTalky(JSON.stringify(message))).toEqual(event);
  });
});

describe('what nobody documented', () => {
  it('shows an unknown type as it came', () => {
    const raw = '{"type":"mood","value":"sunny"}';
    expect(parseTalky(raw)).toEqual({ type: 'unknown', name: 'mood', raw });
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'takes “%s” for a type like any other',
    (name) => {
      expect(parseTalky(`{"type":"${name}"}`)).toMatchObject({ type: 'unknown', name });
    },
  );

  it.each([
    ['{"type":', 'The frame is not JSON.'],
    ['', 'The frame is not JSON.'],
    ['[1,2]', 'The frame is not a JSON object.'],
    ['null', 'The frame is not a JSON object.'],
    ['"transcript"', 'The frame is not a JSON object.'],
    ['{}', 'The object has no type.'],
    ['{"type":7}', 'The object has no type.'],
  ])('calls %s a bad frame', (raw, reason) => {
    expect(parseTalky(raw)).toEqual({ type: 'bad_frame', reason, raw });
  });

  it('leaves out fields of a wrong type', () => {
    expect(
      parseTalky('{"type":"transcript","text":5,"is_final":"yes","confidence":"high"}'),
    ).toEqual({
      type: 'transcript',
      text: '',
      final: false,
    });
    expect(parseTalky('{"type":"error","message":{}}')).toEqual({
      type: 'error',
      message: 'The agent gave no reason.',
    });
  });

  it('keeps no more of a frame than a person would read', () => {
    const event = parseTalky(`{"type":"audio","data":"${'A'.repeat(1_000_000)}"}`);
    expect(event).toMatchObject({ type: 'unknown', name: 'audio' });
    expect(event).toHaveProperty('raw.length', 2000);
  });

  it('never throws and always has a type, whatever comes in', () => {
    const known = fc.constantFrom(
      ...[
        'transcript',
        'turn_end',
        'error',
        'barge_in',
        'call_ended',
        'llm_end',
        'ready',
        'tts_start',
      ],
    );
    const fields = fc.constantFrom(
      ...['text', 'is_final', 'confidence', 'message', 'timestamp', 'recoverable', 'latency_ms'],
    );
    const message = fc
      .tuple(known, fc.dictionary(fields, fc.jsonValue()))
      .map(([type, rest]) => JSON.stringify({ ...rest, type }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), message), (text) => {
        const event = parseTalky(text);
        expect(typeof event.type).toBe('string');
        expect(Object.values(event)).not.toContain(undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the address of a call', () => {
  it.each([
    ['ws://h:8000/api/v1/ws/voice', 'ws://h:8000/api/v1/ws/voice/a%40b%252Fc'],
    ['ws://h:8000/api/v1/ws/voice/', 'ws://h:8000/api/v1/ws/voice/a%40b%252Fc'],
    ['https://h/ws/voice', 'wss://h/ws/voice/a%40b%252Fc'],
    ['http://h/ws/voice?key=1', 'ws://h/ws/voice/a%40b%252Fc?key=1'],
  ])('%s', (base, url) => {
    expect(talkyUrl(base, 'a@b/c')).toBe(url);
  });

  it('carries what the agent asks for, encoded', () => {
    expect(talkyUrl('ws://h/v?key=1', 'id', { tenant_id: 'a&b', lead_id: 'ü' })).toBe(
      'ws://h/v/id?key=1&tenant_id=a%26b&lead_id=%C3%BC',
    );
  });
});

it('never sends text', () => {
  expect(talky.sendsText).toBe(false);
  expect(talky.input).toEqual({ sampleRate: 16_000, minFrameBytes: 320, maxFrameBytes: 32_000 });
});
