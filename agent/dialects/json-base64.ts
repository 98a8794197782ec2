/**
 * The `json-base64` dialect: everything is JSON in text frames, PCM in base64 inside:
 * {"type":"audio","data":"…"} both ways. The events are those of the talky family, and the client
 * says {"type":"end_call"} when the call is over.
 */
import { fromBase64, toBase64 } from './base64.ts';
import { readEvent } from './events.ts';
import { badFrame, fieldsOf, textOf } from './fields.ts';
import { sessionOf } from './session.ts';
import { talky } from './talky.ts';
import type { Dialect, Received } from './types.ts';

const BINARY =
  'The frame is binary: this dialect has audio inside JSON. Does the agent speak talky?';

export const jsonBase64: Dialect = {
  ...talky,
  name: 'json-base64',
  sendsText: true,
  controls: ['end'],
  start: () =>
    sessionOf({
      encode: (frame) => `{"type":"audio","data":"${toBase64(bytesOf(frame))}"}`,
      receive,
      control: ({ type }) => (type === 'end' ? '{"type":"end_call"}' : undefined),
    }),
};

function receive(message: Uint8Array | string): Received {
  if (typeof message !== 'string') return { event: badFrame(BINARY, message) };
  const fields = fieldsOf(message);
  if (typeof fields === 'string') return { event: badFrame(fields, message) };
  if (fields['type'] !== 'audio') return { event: readEvent(fields, message) };
  const audio = fromBase64(textOf(fields, 'data') ?? '-');
  return audio === undefined
    ? { event: badFrame('The audio has no base64 in “data”.', message) }
    : { audio };
}

/** Little endian, as every machine a browser or Node runs on. */
function bytesOf(frame: Int16Array): Uint8Array {
  return new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
}
