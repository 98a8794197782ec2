/**
 * The `talky-ready` dialect: as `talky`, but the agent greets first and names the rates of both
 * directions, asks to be told when the caller has heard an answer to its end, announces the end of
 * its session, and takes an `end_call`.
 */
import { Resampler } from '../../audio/resampler.ts';
import { readEvent } from './events.ts';
import { badFrame, compact, fieldsOf, textOf, type Fields } from './fields.ts';
import { sessionOf } from './session.ts';
import { talky } from './talky.ts';
import type { AgentEvent, AudioFormat, Control, Dialect, DialectSession } from './types.ts';

/** The rates speech comes in. Any other number is a misunderstanding, and heard as one. */
const RATES: readonly unknown[] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const ENCODINGS: ReadonlyMap<string, NonNullable<AudioFormat['encoding']>> = new Map([
  ...['s16le', 'pcm_s16le', 'pcm16', 'int16', 'linear16'].map((name) => [name, 's16le'] as const),
  ...['f32le', 'pcm_f32le', 'float32'].map((name) => [name, 'f32le'] as const),
]);

export const talkyReady: Dialect = {
  ...talky,
  name: 'talky-ready',
  sendsText: true,
  controls: ['played', 'end'],
  greets: true,
  start: startSession,
};

function startSession(): DialectSession {
  let toInputRate: Resampler | undefined;
  return sessionOf({
    encode: (frame) => toInputRate?.process(frame) ?? frame,
    receive: (message) => {
      if (typeof message !== 'string') return { audio: message };
      const fields = fieldsOf(message);
      if (typeof fields === 'string') return { event: badFrame(fields, message) };
      if (fields['type'] !== 'ready') return { event: readEvent(fields, message) };
      const event = readGreeting(fields, message);
      const rate = fields['input_sample_rate'];
      if (event.type === 'session_started' && typeof rate === 'number') {
        toInputRate =
          rate === talky.input.sampleRate
            ? undefined
            : new Resampler({ from: talky.input.sampleRate, to: rate });
      }
      return { event };
    },
    control: say,
  });
}

function readGreeting(fields: Fields, text: string): AgentEvent {
  for (const key of ['sample_rate', 'input_sample_rate']) {
    const rate = fields[key] ?? undefined;
    if (rate !== undefined && !RATES.includes(rate)) {
      return badFrame(`The greeting names a ${key} that cannot be used.`, text);
    }
  }
  const format = textOf(fields, 'audio_format');
  const encoding = format === undefined ? undefined : ENCODINGS.get(format.toLowerCase());
  if (format !== undefined && encoding === undefined) {
    return badFrame('The greeting names an audio_format that cannot be used.', text);
  }
  const sampleRate = fields['sample_rate'];
  return {
    type: 'session_started',
    output: compact({
      encoding,
      sampleRate: typeof sampleRate === 'number' ? sampleRate : undefined,
    }),
  };
}

function say(control: Control): string | undefined {
  if (control.type === 'played') return '{"type":"playback_complete"}';
  return control.type === 'end' ? '{"type":"end_call"}' : undefined;
}
