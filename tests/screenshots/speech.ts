/** What the caller says in the pictures: the demo's sentence, again and again, with pauses between. */
import { concat } from '../../audio/concat.ts';
import { readSpeech } from '../../softphone/wav-file.ts';

const RATE = 8_000;

/** @param pausesMs before each sentence. */
export async function speech(pausesMs: readonly number[]): Promise<Int16Array> {
  const sentence = await readSpeech('agent/demo/caller.wav');
  const silence = (ms: number) => new Int16Array((ms * RATE) / 1_000);
  return concat([...pausesMs.flatMap((ms) => [silence(ms), sentence]), silence(60_000)]);
}
