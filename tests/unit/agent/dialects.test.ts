import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeG711 } from '../../../audio/g711.ts';
import { dialectOf, DIALECT_NAMES, isDialectName } from '../../../agent/dialects/registry.ts';
import type { Control, DialectSession } from '../../../agent/dialects/types.ts';
import type { DialectName } from '../../../common/api.ts';

const CALL = { callId: 'a@b', attempt: 0 };
const CONTROLS: readonly Control[] = [
  { type: 'dtmf', digit: '5' },
  { type: 'played' },
  { type: 'played', mark: 'm' },
  { type: 'end' },
];

function start(name: DialectName): DialectSession {
  return dialectOf(name).start(CALL);
}

function json(message: unknown): unknown {
  return JSON.parse(String(message));
}

/** What comes over the wire as an object, in the order in which it came. */
function sent(...messages: unknown[]): unknown[] {
  return messages.map(json);
}

describe('the registry', () => {
  it('knows every dialect under its own name, the default first', () => {
    expect(DIALECT_NAMES).toEqual([
      'talky',
      'talky-ready',
      'talky-typed',
      'json-base64',
      'twilio-media-streams',
    ]);
    for (const name of DIALECT_NAMES) expect(dialectOf(name).name).toBe(name);
  });

  it.each(['', 'Talky', 'constructor', '__proto__'])('does not know “%s”', (name) => {
    expect(isDialectName(name)).toBe(false);
  });
});

describe.each(DIALECT_NAMES)('%s', (name) => {
  const dialect = dialectOf(name);
  const garbage = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array({ maxLength: 64 }),
    fc
      .record({
        type: fc.constantFrom('ready', 'audio', 'ping', 'transcript', 'session_ending', 7),
        event: fc.constantFrom('media', 'mark', 'clear', 'stop', null),
        data: fc.jsonValue(),
        media: fc.jsonValue(),
        mark: fc.jsonValue(),
        sample_rate: fc.jsonValue(),
        input_sample_rate: fc.oneof(fc.integer(), fc.jsonValue()),
        audio_format: fc.oneof(fc.string(), fc.jsonValue()),
      })
      .map((message) => JSON.stringify(message)),
  );

  it('never throws, whatever comes in, and counts every bad frame once', () => {
    fc.assert(
      fc.property(fc.array(garbage, { maxLength: 10 }), (messages) => {
        const session = start(name);
        let bad = 0;
        for (const message of messages) {
          const { audio, event } = session.receive(message);
          expect(audio === undefined).toBe(event !== undefined);
          if (event?.type === 'bad_frame') bad += 1;
          expect(session.badFrames).toBe(bad);
          const size = dialect.input.sampleRate / 50;
          expect(session.encode(new Int16Array(size)).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each(['{"type":', '', '[1]', 'null', '{}', '{"type":7,"event":7}'])(
    'calls %s one bad frame',
    (text) => {
      const session = start(name);
      const { event } = session.receive(text);
      expect(event).toMatchObject({ type: 'bad_frame', raw: text });
      expect(session.badFrames).toBe(1);
    },
  );

  it('has a word for what it says it has, and for nothing else', () => {
    const session = start(name);
    const said = CONTROLS.filter((control) => session.control(control) !== undefined);
    expect(new Set(said.map(({ type }) => type))).toEqual(new Set(dialect.controls));
    if (!dialect.sendsText) expect(dialect.controls).toEqual([]);
  });

  it('shows what it does not know', () => {
    const raw = '{"type":"mood","event":"mood"}';
    const session = start(name);
    expect(session.receive(raw).event).toEqual({ type: 'unknown', name: 'mood', raw });
    expect(session.badFrames).toBe(0);
  });

  it('says only what can be parsed, and nothing at all where text is fatal', () => {
    const session = start(name);
    const texts = [
      ...session.opening(),
      ...CONTROLS.map((control) => session.control(control)),
      session.receive('{"type":"ping","event":"ping"}').reply,
    ].filter((text) => text !== undefined);
    if (!dialect.sendsText) expect(texts).toEqual([]);
    for (const text of texts) expect(json(text)).toBeTypeOf('object');
  });
});

describe('talky', () => {
  it('sends the frame itself and no word', () => {
    const session = start('talky');
    const frame = Int16Array.of(1, -2, 3);
    expect(session.encode(frame)).toBe(frame);
    expect(session.opening()).toEqual([]);
    expect(CONTROLS.map((control) => session.control(control))).toEqual(
      CONTROLS.map(() => undefined),
    );
    expect(session.receive('{"type":"ping"}')).toEqual({ event: { type: 'heartbeat' } });
  });

  it('takes every binary frame for audio, as it is', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(start('talky').receive(bytes)).toEqual({ audio: bytes });
  });
});

describe('talky-ready', () => {
  const greeting = (fields: object) => JSON.stringify({ type: 'ready', call_id: 'x', ...fields });

  it('takes rates and format from the greeting', () => {
    const session = start('talky-ready');
    const text = greeting({
      sample_rate: 24_000,
      input_sample_rate: 16_000,
      audio_format: 's16le',
    });
    expect(session.receive(text)).toEqual({
      event: { type: 'session_started', output: { encoding: 's16le', sampleRate: 24_000 } },
    });
    const frame = new Int16Array(320).fill(9);
    expect(session.encode(frame)).toBe(frame);
  });

  it.each([
    [8_000, 160],
    [24_000, 480],
  ])('sends at %i Hz once asked to', (input_sample_rate, length) => {
    const session = start('talky-ready');
    session.receive(greeting({ input_sample_rate }));
    const frames = Array.from({ length: 20 }, () => session.encode(new Int16Array(320).fill(1000)));
    expect(frames.map((frame) => frame.length)).toEqual(frames.map(() => length));
    expect(frames.at(-1)?.[length - 1]).toBe(1000);
  });

  it.each([
    { sample_rate: 12 },
    { sample_rate: '24000' },
    { input_sample_rate: 1e9 },
    { input_sample_rate: -1 },
    { audio_format: 'mp3' },
  ])('refuses %j rather than play noise', (fields) => {
    const session = start('talky-ready');
    expect(session.receive(greeting(fields)).event?.type).toBe('bad_frame');
    expect(session.encode(new Int16Array(320)).length).toBe(320);
  });

  it('leaves to the configuration what the greeting does not say', () => {
    expect(start('talky-ready').receive('{"type":"ready"}').event).toEqual({
      type: 'session_started',
      output: {},
    });
  });

  it('answers the end of an answer, hears of the end of the session and ends the call', () => {
    const session = start('talky-ready');
    expect(session.receive('{"type":"tts_audio_complete"}').event).toEqual({ type: 'mark' });
    expect(session.receive('{"type":"session_ending","reason":"idle"}').event).toEqual({
      type: 'session_ending',
      message: 'idle',
    });
    expect(sent(session.control({ type: 'played' }), session.control({ type: 'end' }))).toEqual([
      { type: 'playback_complete' },
      { type: 'end_call' },
    ]);
    expect(session.control({ type: 'dtmf', digit: '1' })).toBeUndefined();
  });
});

describe('talky-typed', () => {
  it('answers a ping, with the ping’s own call and time', () => {
    const session = start('talky-typed');
    const { event, reply } = session.receive('{"type":"ping","call_id":"c","timestamp":12.5}');
    expect(event).toEqual({ type: 'heartbeat' });
    expect(json(reply)).toEqual({ type: 'pong', call_id: 'c', timestamp: 12.5 });
  });

  it('says nothing else', () => {
    const session = start('talky-typed');
    expect(session.receive('{"type":"pong"}')).toEqual({ event: { type: 'heartbeat' } });
    expect(CONTROLS.every((control) => session.control(control) === undefined)).toBe(true);
  });
});

describe('json-base64', () => {
  it('wraps samples as little-endian bytes, also of a part of a larger array', () => {
    const frame = Int16Array.of(9, 1, -2, 9).subarray(1, 3);
    expect(json(start('json-base64').encode(frame))).toEqual({
      type: 'audio',
      data: Buffer.of(1, 0, 0xfe, 0xff).toString('base64'),
    });
  });

  it('unwraps audio, and calls audio without base64 a bad frame', () => {
    const session = start('json-base64');
    expect(session.receive('{"type":"audio","data":"AQID"}')).toEqual({
      audio: Uint8Array.of(1, 2, 3),
    });
    for (const bad of ['{"type":"audio"}', '{"type":"audio","data":"?"}', new Uint8Array(640)]) {
      expect(session.receive(bad).event?.type).toBe('bad_frame');
    }
    expect(session.badFrames).toBe(3);
  });

  it('ends the call in its own words', () => {
    expect(json(start('json-base64').control({ type: 'end' }))).toEqual({ type: 'end_call' });
  });
});

describe('twilio-media-streams', () => {
  it('begins as Twilio does', () => {
    const [connected, started] = sent(...start('twilio-media-streams').opening());
    expect(connected).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(started).toMatchObject({
      event: 'start',
      sequenceNumber: '1',
      start: {
        accountSid: expect.stringMatching(/^AC[0-9a-f]{32}$/) as string,
        callSid: expect.stringMatching(/^CA[0-9a-f]{32}$/) as string,
        streamSid: expect.stringMatching(/^MZ[0-9a-f]{32}$/) as string,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
        customParameters: { call_id: 'a@b' },
      },
    });
    const { start: inner, streamSid } = started as { start: object; streamSid: string };
    expect(inner).toMatchObject({ streamSid });
  });

  it('has another stream of the same call after a reconnection', () => {
    const [first, second] = [0, 1].map((attempt) => {
      const [, text] = dialectOf('twilio-media-streams')
        .start({ ...CALL, attempt })
        .opening();
      return (json(text) as { start: { callSid: string; streamSid: string } }).start;
    });
    expect(second?.callSid).toBe(first?.callSid);
    expect(second?.streamSid).not.toBe(first?.streamSid);
  });

  it('counts messages, chunks and milliseconds', () => {
    const session = start('twilio-media-streams');
    session.opening();
    const frame = Int16Array.from({ length: 160 }, (_, i) => i * 200 - 16_000);
    const law = new Uint8Array(160);
    encodeG711('pcmu', frame, law);
    const payload = Buffer.from(law).toString('base64');
    session.encode(frame);
    expect(json(session.encode(frame))).toMatchObject({
      event: 'media',
      sequenceNumber: '3',
      media: { track: 'inbound', chunk: '2', timestamp: '20', payload },
    });
  });

  it('decodes media and reads mark and clear', () => {
    const session = start('twilio-media-streams');
    const payload = Buffer.of(0xff, 0x00, 0x80).toString('base64');
    expect(session.receive(JSON.stringify({ event: 'media', media: { payload } })).audio).toEqual(
      new Uint8Array(Int16Array.of(0, -32_124, 32_124).buffer),
    );
    expect(session.receive('{"event":"mark","mark":{"name":"end"}}').event).toEqual({
      type: 'mark',
      name: 'end',
    });
    expect(session.receive('{"event":"clear"}').event).toEqual({ type: 'barge_in' });
  });

  it.each(['{"event":"media"}', '{"event":"media","media":{"payload":1}}', '{"event":"mark"}'])(
    'calls %s a bad frame',
    (text) => {
      expect(start('twilio-media-streams').receive(text).event?.type).toBe('bad_frame');
    },
  );

  it('sends keys, marks and the end', () => {
    const session = start('twilio-media-streams');
    expect(sent(...CONTROLS.map((control) => session.control(control)))).toMatchObject([
      { event: 'dtmf', dtmf: { track: 'inbound_track', digit: '5' } },
      { event: 'mark', mark: { name: '' } },
      { event: 'mark', mark: { name: 'm' } },
      { event: 'stop', stop: { callSid: expect.any(String) as string } },
    ]);
  });

  it('has one address for every call', () => {
    const { urlFor } = dialectOf('twilio-media-streams');
    expect(urlFor('https://agent.example/twilio/ws', 'a@b', { key: '1' })).toBe(
      'wss://agent.example/twilio/ws?key=1',
    );
  });
});
