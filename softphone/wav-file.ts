/**
 * WAV files as the softphone's mouth and ear: any file in, mixed to mono at 8 kHz; 8 kHz mono out.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { Resampler } from '../audio/resampler.ts';
import { readWav, writeWav, type Wav } from '../audio/wav.ts';
import { BridgeError, messageOf } from '../common/errors.ts';

const SAMPLE_RATE = 8000;

export async function readSpeech(path: string): Promise<Int16Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new BridgeError('BAD_WAV', `${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  try {
    return toNarrowband(readWav(bytes));
  } catch (error) {
    throw new BridgeError('BAD_WAV', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

export async function writeHeard(path: string, samples: Int16Array): Promise<void> {
  try {
    await writeFile(path, writeWav({ sampleRate: SAMPLE_RATE, channels: [samples] }));
  } catch (error) {
    throw new BridgeError('BAD_FLAG', `${path} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

export function toNarrowband({ sampleRate, channels }: Wav): Int16Array {
  const mono = new Int16Array(channels[0]?.length ?? 0);
  for (let n = 0; n < mono.length; n += 1) {
    let sum = 0;
    for (const channel of channels) sum += channel[n] ?? 0;
    mono[n] = Math.round(sum / channels.length);
  }
  if (sampleRate === SAMPLE_RATE) return mono;
  const resampler = new Resampler({ from: sampleRate, to: SAMPLE_RATE });
  // Zeros push the last samples out of the filter; its delay is cut off the front again.
  const delay = Math.round(resampler.delaySamples);
  const tail = Math.ceil((resampler.delaySamples * sampleRate) / SAMPLE_RATE) + 1;
  const padded = new Int16Array(mono.length + tail);
  padded.set(mono);
  const length = Math.round((mono.length * SAMPLE_RATE) / sampleRate);
  return resampler.process(padded).slice(delay, delay + length);
}
