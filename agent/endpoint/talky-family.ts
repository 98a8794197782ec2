/** The agent's side of the four talky dialects, which share their events and differ in the rest. */
import { PcmDecoder } from '../../audio/pcm.ts';
import type { DialectName } from '../../common/api.ts';
import { fromBase64, toBase64 } from '../dialects/base64.ts';
import { fieldsOf, textOf, type Fields } from '../dialects/fields.ts';
import { talky } from '../dialects/talky.ts';
import type { Endpoint, Heard, Tts } from './types.ts';

export type FamilyName = Exclude<DialectName, 'twilio-media-streams'>;

const { sampleRate, minFrameBytes, maxFrameBytes } = talky.input;

/** What `talky-typed` calls the events of `talky`. */
const TYPED: ReadonlyMap<string, { readonly type: string; readonly text?: string }> = new Map([
  ['transcript', { type: 'transcript_chunk' }],
  ['llm_response', { type: 'llm_end', text: 'full_response' }],
  ['turn_complete', { type: 'turn_end' }],
  ['barge_in', { type: 'tts_interrupted' }],
  ['heartbeat', { type: 'ping' }],
  ['call_ended', { type: 'session_end' }],
]);

/** Control messages a client may send. */
const CONTROLS: Readonly<Record<FamilyName, ReadonlyMap<string, 'played' | 'pong' | 'end'>>> = {
  talky: new Map(),
  'talky-ready': new Map([
    ['playback_complete', 'played'],
    ['end_call', 'end'],
  ]),
  'talky-typed': new Map([['pong', 'pong']]),
  'json-base64': new Map([['end_call', 'end']]),
};

export function familyEndpoint(name: FamilyName, callId: string, output: Tts): Endpoint {
  const decoder = new PcmDecoder('s16le');
  const write = (type: string, fields: Fields = {}): string =>
    JSON.stringify({ type, call_id: callId, timestamp: new Date().toISOString(), ...fields });

  const audio = (bytes: Uint8Array): Heard =>
    bytes.length < minFrameBytes || bytes.length > maxFrameBytes || bytes.length % 2 !== 0
      ? fault(`A frame of ${bytes.length} bytes is dropped.`)
      : { type: 'audio', samples: decoder.push(bytes) };

  const hear = (message: Uint8Array | string): Heard => {
    if (typeof message !== 'string') {
      return name === 'json-base64' ? fault('Audio belongs inside JSON.') : audio(message);
    }
    if (name === 'talky') return { ...fault('A text frame ends the session.'), fatal: true };
    const fields = fieldsOf(message);
    if (typeof fields === 'string') return fault(fields);
    const type = textOf(fields, 'type') ?? '';
    if (name === 'json-base64' && type === 'audio') {
      const bytes = fromBase64(textOf(fields, 'data') ?? '-');
      return bytes === undefined ? fault('The audio is no base64.') : audio(bytes);
    }
    const control = CONTROLS[name].get(type);
    return control === undefined ? fault(`There is no message “${type}”.`) : { type: control };
  };

  const tell: Endpoint['tell'] = (event) => {
    const typed = name === 'talky-typed' ? TYPED.get(event.type) : undefined;
    if (typed === undefined) return JSON.stringify(event);
    const { text, ...rest } = event;
    return write(typed.type, { ...rest, type: typed.type, [typed.text ?? 'text']: text });
  };

  return {
    sampleRate,
    output,
    waitsForStart: false,
    greeting: () => {
      if (name === 'talky-typed') return [write('session_start')];
      if (name !== 'talky-ready') return [];
      const { encoding: audio_format, sampleRate: sample_rate } = output;
      return [write('ready', { sample_rate, input_sample_rate: sampleRate, audio_format })];
    },
    hear,
    speak: (bytes) =>
      name === 'json-base64' ? `{"type":"audio","data":"${toBase64(bytes)}"}` : bytes,
    tell,
    finish: () => {
      if (name === 'talky-ready') return write('tts_audio_complete');
      return name === 'talky-typed' ? write('tts_end') : undefined;
    },
  };
}

function fault(reason: string): Extract<Heard, { type: 'fault' }> {
  return { type: 'fault', reason, fatal: false };
}
