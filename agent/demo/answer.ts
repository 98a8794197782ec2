/**
 * Sends one answer as text-to-speech does: faster than real time, in bursts, in chunks of any size
 * that may end inside a sample. Keeps the only account an agent has of what the caller has heard
 * by now: the wall clock since the first chunk.
 */
import { performance } from 'node:perf_hooks';
import { pcmBytes } from '../endpoint/pcm-bytes.ts';

/** Bytes per chunk, in turn; odd ones split samples. */
const CHUNKS = [1601, 4803, 777, 9600, 3, 2561];
/** A second of audio each 50 ms, or live: 20 ms each 20 ms. */
const PACES = { burst: { audioMs: 1000, everyMs: 50 }, live: { audioMs: 20, everyMs: 20 } };

export interface AnswerRecord {
  readonly samples: Int16Array;
  /** All times by `performance.now()`. */
  readonly startedAt: number;
  /** When the last byte was handed to the socket; undefined until then. */
  readonly sentAt: number | undefined;
  /** When the caller spoke over it. */
  readonly interruptedAt: number | undefined;
}

export interface AnswerOptions {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly encoding: 's16le' | 'f32le';
  readonly burst: boolean;
  readonly send: (bytes: Uint8Array) => void;
  /** The last byte is sent. */
  readonly onSent: () => void;
}

export class Answer {
  readonly #options: AnswerOptions;
  readonly #bytes: Uint8Array;
  readonly #startedAt = performance.now();
  #position = 0;
  #chunk = 0;
  #sentAt: number | undefined;
  #interruptedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#bytes = pcmBytes(options.samples, options.encoding);
    this.#sendBurst();
  }

  /** Whether the caller would still be hearing it. */
  get playing(): boolean {
    const { samples, sampleRate } = this.#options;
    const heardMs = performance.now() - this.#startedAt;
    return this.#interruptedAt === undefined && heardMs < (samples.length * 1000) / sampleRate;
  }

  get record(): AnswerRecord {
    return {
      samples: this.#options.samples,
      startedAt: this.#startedAt,
      sentAt: this.#sentAt,
      interruptedAt: this.#interruptedAt,
    };
  }

  /** Sends no more of it. */
  stop(): void {
    this.#interruptedAt ??= performance.now();
    clearTimeout(this.#timer);
  }

  #sendBurst(): void {
    const { burst, sampleRate, send, onSent } = this.#options;
    const { audioMs, everyMs } = burst ? PACES.burst : PACES.live;
    const sampleBytes = this.#bytes.length / this.#options.samples.length;
    const step = (sampleRate * sampleBytes * audioMs) / 1000;
    const end = Math.min(this.#bytes.length, this.#position + step);
    while (this.#position < end) {
      const size = CHUNKS[this.#chunk++ % CHUNKS.length] ?? end;
      const to = Math.min(end, this.#position + size);
      send(this.#bytes.subarray(this.#position, to));
      this.#position = to;
    }
    if (this.#position < this.#bytes.length) {
      this.#timer = setTimeout(() => this.#sendBurst(), everyMs);
      return;
    }
    this.#sentAt = performance.now();
    onSent();
  }
}
