/** What the demo agent says first (greeting.wav, see README.md here), so that a newcomer hears it work. */
import { readFile } from 'node:fs/promises';
import { readWav } from '../../audio/wav.ts';

export interface Greeting {
  readonly text: string;
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/** Compiled, this file is in dist/agent/demo and the voice beside the sources' place. */
const FILE = import.meta.url.includes('/dist/agent/')
  ? '../../../agent/demo/greeting.wav'
  : './greeting.wav';

export async function loadGreeting(): Promise<Greeting> {
  const { sampleRate, channels } = readWav(await readFile(new URL(FILE, import.meta.url)));
  return {
    text: 'Hello! Say something, and I will repeat it.',
    sampleRate,
    samples: channels[0] ?? new Int16Array(),
  };
}
