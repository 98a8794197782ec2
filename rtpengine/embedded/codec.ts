/**
 * What may be sent to a party: its payload types by its own SDP, in the order of the answer, and how
 * the engine itself speaks a codec where it must, for notices, tones, silence and recordings. A
 * codec that is only relayed needs nothing of this.
 */
import { decodeG711, encodeG711, type Law } from '../../audio/g711.ts';
import { mediaLine, rtpmapOf } from './sdp.ts';

export interface Format {
  readonly payloadType: number;
  /** Lower case, without parameters. */
  readonly name: string;
  readonly clockRate: number;
  /** As in a=rtpmap: `PCMA/8000`. */
  readonly encoding: string;
}

/** A codec whose every sample is one byte, 8,000 of them a second. */
export interface Speech {
  readonly format: Format;
  readonly law: Law;
}

const LAWS: Readonly<Record<string, Law>> = { pcmu: 'pcmu', pcma: 'pcma' };
/** Bytes that decode to nothing: G.711 in both laws, G.722. */
const SILENCE: Readonly<Record<string, number>> = { pcmu: 0xff, pcma: 0xd5, g722: 0xfa };

export function formatsOf(section: readonly string[]): readonly Format[] {
  return mediaLine(section).formats.flatMap((payloadType) => {
    const encoding = rtpmapOf(section, payloadType);
    const [name = '', clock = ''] = encoding.toLowerCase().split('/');
    if (name === '') return [];
    return [{ payloadType: Number(payloadType), name, clockRate: Number(clock) || 8000, encoding }];
  });
}

/** The formats of one side that the other side answered with, in the answer's order. */
export function common(own: readonly Format[], answered: readonly Format[]): readonly Format[] {
  return answered.flatMap(({ name, clockRate }) => {
    const same = own.find((each) => each.name === name && each.clockRate === clockRate);
    return same === undefined ? [] : [same];
  });
}

/** The first of these the engine can encode. */
export function speechOf(formats: readonly Format[]): Speech | undefined {
  for (const format of formats) {
    const law = LAWS[format.name];
    if (law !== undefined) return { format, law };
  }
  return undefined;
}

export function eventsOf(formats: readonly Format[], clockRate: number): Format | undefined {
  return formats.find((each) => each.name === 'telephone-event' && each.clockRate === clockRate);
}

/** The byte a payload of this type is filled with to be silent; undefined when that is not known. */
export function silenceOf(formats: readonly Format[], payloadType: number): number | undefined {
  const format = formats.find((each) => each.payloadType === payloadType);
  return SILENCE[format?.name ?? ''];
}

export function isEvent(formats: readonly Format[], payloadType: number): boolean {
  return formats.some(
    (each) => each.payloadType === payloadType && each.name === 'telephone-event',
  );
}

export function encodeSpeech({ law }: Speech, samples: Int16Array): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length);
  encodeG711(law, samples, bytes);
  return bytes;
}

/** 8 kHz samples; undefined for a codec the engine does not speak. */
export function decodeSpeech(name: string, payload: Buffer): Int16Array | undefined {
  const law = LAWS[name];
  if (law === undefined) return undefined;
  const samples = new Int16Array(payload.length);
  decodeG711(law, payload, samples);
  return samples;
}
