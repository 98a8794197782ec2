/**
 * Conversations as files: `NAME.wav`, stereo, the caller left and the agent right, and `NAME.ndjson`, a
 * line about the whole and one for each event. Read are also the bundles of the page's recordings, and
 * any other WAV, whose first channel is the caller then.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWav, writeWav } from '../../audio/wav.ts';
import { BridgeError, messageOf } from '../../common/errors.ts';
import type { Turn } from '../../common/figures.ts';
import { readBundle } from '../../recording/bundle.ts';
import { turnsOf, type Conversation } from './conversation.ts';

export interface Recorded {
  readonly sampleRate: number;
  readonly caller: Int16Array;
  /** Undefined when the file holds the caller alone. */
  readonly agent: Int16Array | undefined;
}

/** @throws BridgeError BAD_WAV, BAD_BUNDLE */
export async function readRecorded(path: string): Promise<Recorded> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new BridgeError('BAD_WAV', `${path} cannot be read: ${messageOf(cause)}.`, { cause });
  }
  // Every zip begins so.
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  try {
    const { sampleRate, channels } = isZip ? readBundle(bytes).wav : readWav(bytes);
    const [caller = new Int16Array(0), agent] = channels;
    return { sampleRate, caller, agent };
  } catch (cause) {
    if (cause instanceof BridgeError && cause.code === 'BAD_BUNDLE') throw cause;
    throw new BridgeError('BAD_WAV', `${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Of a recording that has both voices. */
export function recordedTurns({ sampleRate, caller, agent }: Recorded): readonly Turn[] {
  return agent === undefined ? [] : turnsOf({ sampleRate, caller, agent });
}

export interface About {
  readonly name: string;
  readonly startedAt: string;
  /** What it was talked to: the agent's address without its query, or the number. */
  readonly with: string;
}

/** @returns the path both files begin with */
export async function saveConversation(
  folder: string,
  about: About,
  { sampleRate, caller, agent, events }: Conversation,
): Promise<string> {
  const path = join(folder, about.name.replace(/[^\w.@-]+/g, '_').slice(0, 80));
  const whole = {
    type: 'recording',
    ...about,
    sampleRate,
    durationMs: Math.round((caller.length * 1000) / sampleRate),
    turns: turnsOf({ sampleRate, caller, agent }),
  };
  const lines = [whole, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(`${path}.wav`, writeWav({ sampleRate, channels: [caller, agent] }));
    await writeFile(`${path}.ndjson`, lines);
  } catch (cause) {
    throw new BridgeError('BAD_FLAG', `--out ${folder}: ${messageOf(cause)}.`, { cause });
  }
  return path;
}
