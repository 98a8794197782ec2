/**
 * The `twilio-media-streams` dialect, for agents written for Twilio: the bridge plays Twilio's part
 * of a bidirectional <Connect><Stream>. JSON in text frames, μ-law at 8 kHz in base64 inside.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
import { decodeG711, encodeG711 } from '../../audio/g711.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { badFrame, fieldsOf, isFields, rawOf, textOf, type Fields } from './fields.ts';
import { sessionOf } from './session.ts';
import type { Control, Dialect, DialectCall, DialectSession, Received } from './types.ts';
import { socketUrl } from './url.ts';

const SAMPLE_RATE = 8_000;
const BINARY = 'The frame is binary: Media Streams have audio inside JSON.';

export const twilioMediaStreams: Dialect = {
  name: 'twilio-media-streams',
  // Twilio sends 20 ms, and agents take what comes.
  input: { sampleRate: SAMPLE_RATE, minFrameBytes: 2, maxFrameBytes: 16_000 },
  // μ-law is decoded here.
  output: { encoding: 's16le', sampleRate: SAMPLE_RATE },
  sendsText: true,
  controls: ['dtmf', 'played', 'end'],
  greets: false,
  hasStragglers: false,
  // An agent hangs up by closing its end of the stream.
  goodbyeCodes: [1000, 1001],
  // The same for every call: which one it is, `start` says.
  urlFor: (base, _callId, query) => socketUrl(base, query).href,
  start: (call) => new Stream(call).session,
};

class Stream {
  readonly session: DialectSession;
  readonly #callId: string;
  readonly #callSid: string;
  readonly #streamSid: string;
  readonly #accountSid = sid('AC', 'bridge');
  #sequence = 0;
  #chunk = 0;
  #samples = 0;
  #law = new Uint8Array(160);

  constructor({ callId, attempt }: DialectCall) {
    this.#callId = callId;
    this.#callSid = sid('CA', callId);
    this.#streamSid = sid('MZ', `${attempt} ${callId}`);
    this.session = sessionOf({
      opening: () => [
        '{"event":"connected","protocol":"Call","version":"1.0.0"}',
        this.#message('start', {
          accountSid: this.#accountSid,
          streamSid: this.#streamSid,
          callSid: this.#callSid,
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: SAMPLE_RATE, channels: 1 },
          customParameters: { call_id: this.#callId },
        }),
      ],
      encode: (frame) => this.#media(frame),
      receive,
      control: (control) => this.#control(control),
    });
  }

  #media(frame: Int16Array): string {
    if (this.#law.length !== frame.length) this.#law = new Uint8Array(frame.length);
    encodeG711('pcmu', frame, this.#law);
    const timestamp = (this.#samples * 1_000) / SAMPLE_RATE;
    this.#samples += frame.length;
    this.#chunk += 1;
    return this.#message('media', {
      track: 'inbound',
      chunk: String(this.#chunk),
      timestamp: String(Math.floor(timestamp)),
      payload: toBase64(this.#law),
    });
  }

  #control(control: Control): string | undefined {
    switch (control.type) {
      case 'dtmf':
        return this.#message('dtmf', { track: 'inbound_track', digit: control.digit });
      case 'played':
        return this.#message('mark', { name: control.mark ?? '' });
      case 'end':
        return this.#message('stop', { accountSid: this.#accountSid, callSid: this.#callSid });
    }
  }

  #message(event: string, content: Fields): string {
    this.#sequence += 1;
    return JSON.stringify({
      event,
      sequenceNumber: String(this.#sequence),
      [event]: content,
      streamSid: this.#streamSid,
    });
  }
}

function receive(message: Uint8Array | string): Received {
  const bad = (reason: string): Received => ({ event: badFrame(reason, message) });
  if (typeof message !== 'string') return bad(BINARY);
  const fields = fieldsOf(message);
  if (typeof fields === 'string') return bad(fields);
  const event = textOf(fields, 'event');
  if (event === undefined) return bad('The object has no event.');
  switch (event) {
    case 'media': {
      const law = fromBase64(partOf(fields, 'media', 'payload') ?? '-');
      return law === undefined ? bad('The media has no base64 in “payload”.') : { audio: pcm(law) };
    }
    case 'mark': {
      const name = partOf(fields, 'mark', 'name');
      return name === undefined ? bad('The mark has no name.') : { event: { type: 'mark', name } };
    }
    case 'clear':
      return { event: { type: 'barge_in' } };
    default:
      return { event: { type: 'unknown', name: rawOf(event), raw: rawOf(message) } };
  }
}

function partOf(fields: Fields, part: string, key: string): string | undefined {
  const value = fields[part];
  return isFields(value) ? textOf(value, key) : undefined;
}

function pcm(law: Uint8Array): Uint8Array {
  const samples = new Int16Array(law.length);
  decodeG711('pcmu', law, samples);
  return new Uint8Array(samples.buffer);
}

/**
 * An identifier of Twilio's form, two letters and 32 hexadecimal digits, that is the same for the
 * same text: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) from four different beginnings.
 */
function sid(kind: string, text: string): string {
  const words = [1, 2, 3, 4].map((seed) => {
    let hash = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b9)) >>> 0;
    for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, '0');
  });
  return kind + words.join('');
}
