/**
 * Keeps what an agent received and sent on one call: `<call>-received.wav` and `<call>-sent.wav`, each
 * at its own rate and without pauses that were none, and `<call>.ndjson` with one line per message
 * and its time, which says how fast and in what pieces it all came.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PcmDecoder } from '../audio/pcm.ts';
import { writeWav } from '../audio/wav.ts';
import type { LineTap } from './endpoint/line.ts';
import type { Tts } from './endpoint/types.ts';

/** An hour of a call at 16 kHz; what comes later is not kept. */
const MAX_SAMPLES = 16_000 * 3600;

export interface RecorderOptions {
  readonly folder: string;
  /** Becomes the files' name. */
  readonly callId: string;
  /** Tells the connections of one call apart. */
  readonly connection: number;
  readonly inputRate: number;
  readonly output: Tts;
  readonly now: () => number;
}

export class CallRecorder implements LineTap {
  readonly #options: RecorderOptions;
  readonly #startedAt: number;
  readonly #decoder: PcmDecoder;
  readonly #received: Int16Array[] = [];
  readonly #sent: Int16Array[] = [];
  readonly #lines: string[] = [];
  #samples = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    this.#decoder = new PcmDecoder(options.output.encoding);
  }

  message(from: 'caller' | 'agent', message: Uint8Array | string): void {
    const ms = Math.round((this.#options.now() - this.#startedAt) * 10) / 10;
    const content = typeof message === 'string' ? { text: message } : { bytes: message.length };
    if (this.#samples < MAX_SAMPLES) this.#lines.push(JSON.stringify({ ms, from, ...content }));
  }

  heard(samples: Int16Array): void {
    this.#keep(this.#received, samples);
  }

  said(bytes: Uint8Array): void {
    this.#keep(this.#sent, this.#decoder.push(bytes));
  }

  /** @returns the path all of its files begin with */
  async save(): Promise<string> {
    const { folder, callId, connection, inputRate, output } = this.#options;
    const name = callId.replace(/[^\w.-]+/g, '_').slice(0, 80) || 'call';
    const path = join(folder, connection === 1 ? name : `${name}-${connection}`);
    await mkdir(folder, { recursive: true });
    await Promise.all([
      writeFile(`${path}-received.wav`, wavOf(inputRate, this.#received)),
      writeFile(`${path}-sent.wav`, wavOf(output.sampleRate, this.#sent)),
      writeFile(`${path}.ndjson`, this.#lines.map((line) => `${line}\n`).join('')),
    ]);
    return path;
  }

  #keep(pieces: Int16Array[], samples: Int16Array): void {
    this.#samples += samples.length;
    if (this.#samples <= MAX_SAMPLES) pieces.push(samples.slice());
  }
}

function wavOf(sampleRate: number, pieces: readonly Int16Array[]): Uint8Array {
  const samples = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return writeWav({ sampleRate, channels: [samples] });
}
