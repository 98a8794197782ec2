/**
 * The header of a WAV file that is still growing. It is written first, with the lengths of an empty
 * file, and again at the end; a file whose writer went away in between gets its lengths from its size.
 * https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
 */
import { writeWav } from '../audio/wav.ts';

export const HEADER_BYTES = 44;
const RIFF_SIZE_AT = 4;
const RATE_AT = 24;
const DATA_SIZE_AT = 40;
/** Caller and agent, two bytes each. */
export const FRAME_BYTES = 4;
/** Where the length fields end: six hours at 48 kHz. */
const MAX_DATA_BYTES = 0xffff_ffff - HEADER_BYTES;

/** For 16-bit stereo with so many bytes of samples. */
export function wavHeader(sampleRate: number, dataBytes: number): Uint8Array {
  const header = writeWav({ sampleRate, channels: [new Int16Array(), new Int16Array()] });
  const view = new DataView(header.buffer);
  const whole = Math.min(dataBytes - (dataBytes % FRAME_BYTES), MAX_DATA_BYTES);
  view.setUint32(RIFF_SIZE_AT, whole + HEADER_BYTES - 8, true);
  view.setUint32(DATA_SIZE_AT, whole, true);
  return header;
}

/** The sample rate that such a header tells. */
export function rateOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(RATE_AT, true);
}

/** Length of a recording whose file has so many bytes. */
export function durationOf(fileBytes: number, sampleRate: number): number {
  const frames = Math.floor(Math.max(0, fileBytes - HEADER_BYTES) / FRAME_BYTES);
  return Math.round((frames * 1_000) / sampleRate);
}
