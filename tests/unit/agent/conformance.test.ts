/**
 * Both sides of every dialect against each other, without a socket: whatever one side writes the
 * other must read, and mean the same by it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectOf, DIALECT_NAMES } from '../../../agent/dialects/registry.ts';
import type { AgentEvent, DialectSession } from '../../../agent/dialects/types.ts';
import { pcmBytes } from '../../../agent/endpoint/pcm-bytes.ts';
import { endpointOf } from '../../../agent/endpoint/registry.ts';
import type { Endpoint, Tts } from '../../../agent/endpoint/types.ts';
import { decodeG711, encodeG711 } from '../../../audio/g711.ts';
import { PcmDecoder } from '../../../audio/pcm.ts';

const TTS: readonly Tts[] = (['s16le', 'f32le'] as const).flatMap((encoding) =>
  [16_000, 24_000].map((sampleRate) => ({ encoding, sampleRate })),
);

describe.each(DIALECT_NAMES)('%s', (name) => {
  const dialect = dialectOf(name);
  const isTwilio = name === 'twilio-media-streams';
  const samples = Int16Array.from({ length: 3_000 }, (_, i) => Math.round(9_000 * Math.sin(i / 9)));

  /** What arrives of samples: all of it, or as much as μ-law leaves. */
  const expected = (): Int16Array => {
    if (!isTwilio) return samples;
    const law = new Uint8Array(samples.length);
    encodeG711('pcmu', samples, law);
    const heard = new Int16Array(samples.length);
    decodeG711('pcmu', law, heard);
    return heard;
  };

  const connect = (tts: Tts = { encoding: 's16le', sampleRate: 16_000 }): Call => {
    const session = dialect.start({ callId: 'a@b', attempt: 0 });
    const agent = endpointOf(name, 'a@b', tts);
    const greetings = agent.greeting().map((text) => session.receive(text).event);
    const openings = session.opening().map((text) => agent.hear(text).type);
    return { session, agent, greetings, openings };
  };
  interface Call {
    readonly session: DialectSession;
    readonly agent: Endpoint;
    readonly greetings: readonly (AgentEvent | undefined)[];
    readonly openings: readonly string[];
  }

  it('opens: the side that speaks first is understood', () => {
    const { session, greetings, openings, agent } = connect();
    expect(greetings.every((event) => event?.type === 'session_started')).toBe(true);
    if (dialect.greets) expect(greetings).toHaveLength(1);
    expect(openings).not.toContain('fault');
    expect(openings.includes('started')).toBe(agent.waitsForStart);
    expect(session.badFrames).toBe(0);
  });

  it('carries the caller’s voice to the agent, sample for sample', () => {
    const { session, agent } = connect();
    const size = dialect.input.sampleRate / 50;
    const heard: number[] = [];
    for (let at = 0; at + size <= samples.length; at += size) {
      const frame = session.encode(samples.subarray(at, at + size));
      const message =
        typeof frame === 'string'
          ? frame
          : new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
      const result = agent.hear(message);
      if (result.type !== 'audio') throw new Error(JSON.stringify(result));
      heard.push(...result.samples);
    }
    expect(agent.sampleRate).toBe(dialect.input.sampleRate);
    expect(heard).toEqual([...expected().subarray(0, heard.length)]);
    expect(heard.length).toBeGreaterThan(2_800);
  });

  it('carries the agent’s voice to the caller in chunks of any length', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lengths, fc.constantFrom(...TTS), (chunks, tts) => {
        const { session, agent, greetings } = connect(tts);
        const [greeting] = greetings;
        const announced = greeting?.type === 'session_started' ? greeting.output : undefined;
        const output = dialect.output ?? announced ?? tts;
        expect(output).toEqual(agent.output);
        const bytes = pcmBytes(samples, agent.output.encoding);
        const decoder = new PcmDecoder(agent.output.encoding);
        const heard: number[] = [];
        for (let at = 0, n = 0; at < bytes.length; n += 1) {
          const length = chunks[n % chunks.length] ?? 1;
          const { audio } = session.receive(agent.speak(bytes.subarray(at, at + length)));
          heard.push(...decoder.push(audio ?? new Uint8Array()));
          at += length;
        }
        expect(heard).toEqual([...expected()]);
        expect(session.badFrames).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it('means the same by every event', () => {
    const { session, agent } = connect();
    const told: readonly [Parameters<Endpoint['tell']>[0], AgentEvent][] = [
      [
        { type: 'transcript', text: 'a', is_final: true },
        { type: 'transcript', text: 'a', final: true },
      ],
      [
        { type: 'llm_response', text: 'b' },
        { type: 'llm_response', text: 'b' },
      ],
      [
        { type: 'turn_complete', total_latency_ms: 7 },
        { type: 'turn_complete', totalLatencyMs: 7 },
      ],
      [{ type: 'heartbeat' }, { type: 'heartbeat' }],
      [
        { type: 'call_ended', outcome: 'done' },
        { type: 'call_ended', outcome: 'done' },
      ],
    ];
    for (const [event, meaning] of told) {
      const text = agent.tell(event);
      // Twilio's agents say nothing beside audio, marks and clear.
      if (isTwilio) expect(text).toBeUndefined();
      else expect(session.receive(text ?? '').event).toEqual(meaning);
    }
    expect(session.receive(agent.tell({ type: 'barge_in' }) ?? '').event?.type).toBe('barge_in');
  });

  it('answers what wants an answer', () => {
    const { session, agent } = connect();
    const finish = agent.finish();
    const event = finish === undefined ? undefined : session.receive(finish).event;
    if (event?.type === 'mark') {
      const mark = event.name === undefined ? {} : { mark: event.name };
      const answer = session.control({ type: 'played', ...mark });
      expect(agent.hear(answer ?? '')).toEqual({ type: 'played' });
    }
    expect(event?.type === 'mark').toBe(isTwilio || name === 'talky-ready');

    const { reply } = session.receive(agent.tell({ type: 'heartbeat' }) ?? '{"event":"x"}');
    expect(reply === undefined).toBe(name !== 'talky-typed');
    if (reply !== undefined) expect(agent.hear(reply)).toEqual({ type: 'pong' });
  });

  it('says nothing the agent would not understand, and nothing at all if that is fatal', () => {
    const { session, agent } = connect();
    const controls = [
      session.control({ type: 'dtmf', digit: '5' }),
      session.control({ type: 'end' }),
    ].filter((text) => text !== undefined);
    const heard = controls.map((text) => agent.hear(text).type);
    expect(heard).not.toContain('fault');
    if (!dialect.sendsText) {
      expect(controls).toEqual([]);
      expect(agent.hear('{}')).toMatchObject({ type: 'fault', fatal: true });
    }
  });

  it('gives the agent no reason to fail, whatever the client sends', () => {
    const { agent } = connect();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (message) => {
        expect(typeof agent.hear(message).type).toBe('string');
      }),
    );
  });
});
