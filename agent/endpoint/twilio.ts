/**
 * The agent's side of Media Streams: what a server behind <Connect><Stream> hears and says.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
import { decodeG711, encodeG711 } from '../../audio/g711.ts';
import { PcmDecoder } from '../../audio/pcm.ts';
import { fromBase64, toBase64 } from '../dialects/base64.ts';
import { fieldsOf, isFields, textOf, type Fields } from '../dialects/fields.ts';
import type { Endpoint, Heard } from './types.ts';

const SAMPLE_RATE = 8_000;

export function twilioEndpoint(): Endpoint {
  const decoder = new PcmDecoder('s16le');
  let streamSid = '';
  let marks = 0;
  const write = (event: string, content: Fields = {}): string =>
    JSON.stringify({ event, streamSid, ...content });

  const hear = (message: Uint8Array | string): Heard => {
    const fields = typeof message === 'string' ? fieldsOf(message) : 'The frame is binary.';
    if (typeof fields === 'string') return fault(fields);
    const event = textOf(fields, 'event') ?? '';
    const content = isFields(fields[event]) ? fields[event] : {};
    switch (event) {
      // Protocol and version; the stream itself comes with `start`.
      case 'connected':
        return { type: 'connected' };
      case 'start':
        streamSid = textOf(content, 'streamSid') ?? '';
        return { type: 'started' };
      case 'media': {
        const law = fromBase64(textOf(content, 'payload') ?? '-');
        if (law === undefined) return fault('The media has no base64.');
        const samples = new Int16Array(law.length);
        decodeG711('pcmu', law, samples);
        return { type: 'audio', samples };
      }
      case 'dtmf':
        return { type: 'dtmf', digit: textOf(content, 'digit') ?? '' };
      case 'mark':
        return { type: 'played' };
      case 'stop':
        return { type: 'end' };
      default:
        return fault(`There is no message “${event}”.`);
    }
  };

  return {
    sampleRate: SAMPLE_RATE,
    output: { encoding: 's16le', sampleRate: SAMPLE_RATE },
    waitsForStart: true,
    greeting: () => [],
    hear,
    speak: (bytes) => {
      const samples = decoder.push(bytes);
      const law = new Uint8Array(samples.length);
      encodeG711('pcmu', samples, law);
      return write('media', { media: { payload: toBase64(law) } });
    },
    tell: ({ type }) => (type === 'barge_in' ? write('clear') : undefined),
    finish: () => write('mark', { mark: { name: `answer-${++marks}` } }),
  };
}

function fault(reason: string): Heard {
  return { type: 'fault', reason, fatal: false };
}
