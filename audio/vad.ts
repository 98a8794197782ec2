/**
 * Is the caller speaking? By energy alone, in blocks of 10 ms: speech begins with 50 ms of blocks
 * above the threshold and ends after a hangover below it. The threshold keeps 10 dB above a noise
 * floor that falls at once and rises slowly. Enough for a demonstration; a real agent has better.
 */
export type VadEvent = 'speech_started' | 'speech_ended';

const BLOCK_MS = 10;
const BLOCKS_TO_START = 5;
const FLOOR_RISE_DB = 0.02;
const ABOVE_FLOOR_DB = 10;
/** Bounds of the threshold in dBFS: fainter is never speech, louder always. */
const LOWEST = -48;
const HIGHEST = -25;

export class Vad {
  /** What `push` takes. */
  readonly blockSamples: number;
  readonly hangoverMs: number;
  readonly #hangoverBlocks: number;
  #floor = LOWEST - ABOVE_FLOOR_DB;
  #loud = 0;
  #quiet = 0;
  #speaking = false;

  constructor({ sampleRate, hangoverMs }: { sampleRate: number; hangoverMs: number }) {
    this.blockSamples = (sampleRate * BLOCK_MS) / 1000;
    this.#hangoverBlocks = Math.ceil(hangoverMs / BLOCK_MS);
    this.hangoverMs = this.#hangoverBlocks * BLOCK_MS;
  }

  get speaking(): boolean {
    return this.#speaking;
  }

  /** How long the sound that `speech_started` reports had been going on. */
  get attackMs(): number {
    return BLOCKS_TO_START * BLOCK_MS;
  }

  /** How long it has been quiet by now. */
  get silentMs(): number {
    return this.#quiet * BLOCK_MS;
  }

  push(block: Int16Array): VadEvent | undefined {
    const level = levelOf(block);
    const threshold = Math.min(HIGHEST, Math.max(LOWEST, this.#floor + ABOVE_FLOOR_DB));
    const loud = level > threshold;
    this.#floor = Math.min(level, this.#floor + FLOOR_RISE_DB);
    this.#loud = loud ? this.#loud + 1 : 0;
    this.#quiet = loud ? 0 : this.#quiet + 1;
    if (!this.#speaking && this.#loud >= BLOCKS_TO_START) {
      this.#speaking = true;
      return 'speech_started';
    }
    if (this.#speaking && this.#quiet >= this.#hangoverBlocks) {
      this.#speaking = false;
      return 'speech_ended';
    }
    return undefined;
  }
}

function levelOf(block: Int16Array): number {
  let squares = 1;
  for (const sample of block) squares += sample * sample;
  return 10 * Math.log10(squares / block.length / 32_768 ** 2);
}
