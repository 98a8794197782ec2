/** What the agents without a voice of their own say: a sine tone at half of full scale. */
import { pcmBytes } from '../endpoint/pcm-bytes.ts';
import type { Tts } from '../endpoint/types.ts';

const HZ = 440;
const PEAK = 16_000;

/** Whole periods, so that one piece of tone continues the one before. */
export function toneBytes(ms: number, { encoding, sampleRate }: Tts): Uint8Array {
  const samples = Int16Array.from({ length: Math.round((sampleRate * ms) / 1000) }, (_, i) =>
    Math.round(PEAK * Math.sin((2 * Math.PI * HZ * i) / sampleRate)),
  );
  return pcmBytes(samples, encoding);
}
