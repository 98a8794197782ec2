/**
 * WAV files in and out. Reading takes what recorders and test material come in: 8- and 16-bit PCM,
 * 32-bit float, µ-law and A-law, plain or WAVE_FORMAT_EXTENSIBLE, with any extra chunks and with
 * the unfinished lengths of an interrupted recording. Writing is 16-bit PCM.
 * https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
 */
import { BridgeError } from '../common/errors.ts';
import { decodeG711 } from './g711.ts';
import { PcmDecoder } from './pcm.ts';

export interface Wav {
  readonly sampleRate: number;
  /** One array per channel, all of the same length. */
  readonly channels: readonly Int16Array[];
}

const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xfffe;
const ADVICE = 'Save it as 16-bit PCM WAV and try again.';

interface Format {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

export function readWav(bytes: Uint8Array): Wav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || textAt(view, 0) !== 'RIFF' || textAt(view, 8) !== 'WAVE') {
    throw new BridgeError('BAD_WAV', `The file has no RIFF/WAVE header. ${ADVICE}`);
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = textAt(view, at);
    const start = at + 8;
    const size = view.getUint32(at + 4, true);
    if (id === 'fmt ') format = readFormat(view, start, size);
    if (id === 'data') {
      if (format === undefined) {
        throw new BridgeError('BAD_WAV', `The format chunk is missing before the data. ${ADVICE}`);
      }
      return decode(format, bytes.subarray(start, Math.min(bytes.length, start + size)));
    }
    at = start + size + (size % 2);
  }
  throw new BridgeError('BAD_WAV', `The file holds no audio data; it may be cut off. ${ADVICE}`);
}

export function writeWav({ sampleRate, channels }: Wav): Uint8Array {
  const frames = channels[0]?.length ?? 0;
  if (channels.length === 0 || channels.some((channel) => channel.length !== frames)) {
    throw new BridgeError('BAD_WAV', 'A WAV needs one channel or more, all of the same length.');
  }
  const frameBytes = channels.length * 2;
  const bytes = new Uint8Array(44 + frames * frameBytes);
  const view = new DataView(bytes.buffer);
  writeText(bytes, 0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  writeText(bytes, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, 16, true);
  writeText(bytes, 36, 'data');
  view.setUint32(40, frames * frameBytes, true);
  channels.forEach((channel, c) => {
    channel.forEach((sample, i) => {
      view.setInt16(44 + i * frameBytes + c * 2, sample, true);
    });
  });
  return bytes;
}

function readFormat(view: DataView, at: number, size: number): Format {
  if (size < 16 || at + size > view.byteLength) {
    throw new BridgeError('BAD_WAV', `The format chunk is cut off. ${ADVICE}`);
  }
  const tag = view.getUint16(at, true);
  const format = {
    // The extensible form carries the real tag in the first two bytes of its sub-format GUID.
    tag: tag === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : tag,
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
  if (format.channels === 0 || format.sampleRate === 0) {
    throw new BridgeError('BAD_WAV', `The header names no channel or no sample rate. ${ADVICE}`);
  }
  return format;
}

function decode({ tag, channels, sampleRate, bits }: Format, data: Uint8Array): Wav {
  const samples = decodeSamples(tag, bits, data);
  const frames = Math.floor(samples.length / channels);
  return {
    sampleRate,
    channels: Array.from({ length: channels }, (_, c) =>
      Int16Array.from({ length: frames }, (_, i) => samples[i * channels + c] ?? 0),
    ),
  };
}

function decodeSamples(tag: number, bits: number, data: Uint8Array): Int16Array {
  if (tag === PCM && bits === 16) return new PcmDecoder('s16le').push(data);
  if (tag === FLOAT && bits === 32) return new PcmDecoder('f32le').push(data);
  const out = new Int16Array(data.length);
  if (tag === PCM && bits === 8) {
    data.forEach((byte, i) => (out[i] = (byte - 128) << 8));
  } else if ((tag === MU_LAW || tag === A_LAW) && bits === 8) {
    decodeG711(tag === MU_LAW ? 'pcmu' : 'pcma', data, out);
  } else {
    const what = `format ${tag} with ${bits} bits a sample`;
    throw new BridgeError('BAD_WAV', `The bridge does not read ${what}. ${ADVICE}`);
  }
  return out;
}

function textAt(view: DataView, at: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(at + i)));
}

function writeText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
