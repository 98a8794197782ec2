import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../agent/dialects/types.ts';
import { Conversation } from '../../../web/bridge/conversation.ts';

function after(...events: AgentEvent[]): Conversation {
  const conversation = new Conversation();
  for (const event of events) conversation.add(event, new Date(0));
  return conversation;
}

const said = (conversation: Conversation): string[] =>
  conversation.turns.map(({ kind, text, isFinal }) => `${kind}${isFinal ? '' : '…'}: ${text}`);

describe('Conversation', () => {
  test('partials replace each other until one is final', () => {
    const conversation = after({ type: 'transcript', text: 'good', final: false });
    expect(said(conversation)).toEqual(['caller…: good']);
    const [{ id } = { id: 0 }] = conversation.turns;
    conversation.add({ type: 'transcript', text: 'good morning', final: false }, new Date(1));
    conversation.add({ type: 'transcript', text: 'Good morning.', final: true }, new Date(2));
    expect(said(conversation)).toEqual(['caller: Good morning.']);
    expect(conversation.turns[0]?.id).toBe(id);
    conversation.add({ type: 'transcript', text: 'and', final: false }, new Date(3));
    expect(said(conversation)).toEqual(['caller: Good morning.', 'caller…: and']);
  });

  test('an empty partial is no turn', () => {
    expect(said(after({ type: 'transcript', text: ' ', final: false }))).toEqual([]);
  });

  test('a partial stays one turn when the agent speaks in between', () => {
    expect(
      said(
        after(
          { type: 'transcript', text: 'wait', final: false },
          { type: 'barge_in' },
          { type: 'transcript', text: 'wait a moment', final: true },
        ),
      ),
    ).toEqual([
      'caller: wait a moment',
      'note: The caller spoke over the agent; the rest of its answer is dropped.',
    ]);
  });

  test('an answer announced twice, by the model and by the speech, is shown once', () => {
    expect(
      said(
        after(
          { type: 'llm_response', text: 'Hello. How are you?' },
          { type: 'speech_started', text: 'Hello.' },
          { type: 'speech_started', text: 'How are you?' },
        ),
      ),
    ).toEqual(['agent: Hello. How are you?']);
  });

  test('latencies are shown with the answer they belong to', () => {
    const conversation = after(
      { type: 'llm_response', text: 'Yes.', latencyMs: 300.4 },
      { type: 'turn_complete', llmLatencyMs: 300, ttsLatencyMs: 90, totalLatencyMs: 510 },
    );
    expect(conversation.turns[0]?.detail).toBe('answered in 510 ms, LLM 300 ms, TTS 90 ms');
  });

  test('errors and frames that cannot be read are problems, unknown events notes', () => {
    expect(
      said(
        after(
          { type: 'error', message: 'No STT.' },
          { type: 'bad_frame', reason: 'The frame is not JSON.', raw: 'x' },
          { type: 'unknown', name: 'mood', raw: '{"type":"mood"}' },
          { type: 'heartbeat' },
        ),
      ),
    ).toEqual([
      'problem: No STT.',
      'problem: The frame is not JSON. x',
      'note: mood: {"type":"mood"}',
    ]);
  });

  test('keeps the last 200 turns', () => {
    const conversation = new Conversation();
    for (let n = 0; n < 250; n += 1) conversation.note(`${n}`, new Date(n));
    expect(conversation.turns).toHaveLength(200);
    expect(conversation.turns.at(-1)?.text).toBe('249');
  });
});
