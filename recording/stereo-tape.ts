/**
 * Puts the two voices of a call side by side on its clock: caller left, agent right, silence where
 * nobody had anything to say. Samples of the higher of the two rates are kept bit for bit; a lower
 * one is doubled or more, which keeps each of its samples bit for bit too and computes those between.
 *
 * The caller's frames follow on each other, 50 a second, as the agent gets them. The agent's have a
 * time each, because its schedule may jump after a machine has slept. What comes late still finds its
 * place for some seconds; a side that stays away longer is silent.
 */
import { Resampler } from '../audio/resampler.ts';

/** How much of the past can still be filled in, and how much is kept at all. */
const PATIENCE_S = 10;
const RING_S = 16;
const BLOCK_MS = 500;

export interface StereoTapeOptions {
  readonly callerRate: number;
  readonly agentRate: number;
  /** Caller and agent by turns; a view that is valid during the call only. */
  readonly emit: (block: Int16Array) => void;
}

interface Side {
  readonly rate: number;
  readonly resampler: Resampler | undefined;
  /** Where the next sample goes if it follows on the last one. */
  next: number;
}

export class StereoTape {
  readonly sampleRate: number;
  readonly #options: StereoTapeOptions;
  readonly #caller: Side;
  readonly #agent: Side;
  readonly #ring: Int16Array;
  readonly #ringFrames: number;
  readonly #blockFrames: number;
  /** Frames emitted. */
  #done = 0;

  constructor(options: StereoTapeOptions) {
    const { callerRate, agentRate } = options;
    this.#options = options;
    this.sampleRate = Math.max(callerRate, agentRate);
    this.#caller = sideOf(callerRate, this.sampleRate);
    this.#agent = sideOf(agentRate, this.sampleRate);
    this.#blockFrames = (this.sampleRate * BLOCK_MS) / 1_000;
    // Whole blocks, so that none of them is cut by the ring's end.
    this.#ringFrames = (RING_S * 1_000 * this.#blockFrames) / BLOCK_MS;
    this.#ring = new Int16Array(2 * this.#ringFrames);
  }

  /** Frames that have left. */
  get frames(): number {
    return this.#done;
  }

  /** What the agent gets next of the caller. */
  hearCaller(samples: Int16Array): void {
    this.#caller.next = Math.max(this.#caller.next, this.#done);
    this.#put(this.#caller, 0, samples);
  }

  /** What the caller gets of the agent, and when: milliseconds on the tape. */
  hearAgent(samples: Int16Array, atMs: number): void {
    const side = this.#agent;
    const at = Math.round((atMs * this.sampleRate) / 1_000);
    const early = side.resampler?.delaySamples ?? 0;
    // A frame follows on the last one, give or take the rounding of its time.
    if (Math.abs(at - early - side.next) > this.#blockFrames / 100) {
      side.resampler?.reset();
      side.next = at - early;
    }
    this.#put(side, 1, samples);
  }

  /** Emits all that is there. */
  finish(): void {
    const end = Math.max(this.#caller.next, this.#agent.next);
    while (this.#done + this.#blockFrames <= end) this.#emit(this.#blockFrames);
    if (end > this.#done) this.#emit(end - this.#done);
  }

  #put(side: Side, channel: 0 | 1, samples: Int16Array): void {
    const fitting = side.resampler?.process(samples) ?? samples;
    this.#makeRoom(side.next + fitting.length);
    for (const sample of fitting) {
      // What would have had its place in a block that has left, or before the tape began, is lost.
      if (side.next >= this.#done)
        this.#ring[2 * (side.next % this.#ringFrames) + channel] = sample;
      side.next += 1;
    }
    const both = Math.min(this.#caller.next, this.#agent.next);
    while (this.#done + this.#blockFrames <= both) this.#emit(this.#blockFrames);
  }

  /** One side is that far ahead: the other one will not come any more. */
  #makeRoom(end: number): void {
    const ahead = end - this.#done - PATIENCE_S * this.sampleRate;
    for (let late = Math.floor(ahead / this.#blockFrames); late > 0; late -= 1) {
      this.#emit(this.#blockFrames);
    }
  }

  #emit(frames: number): void {
    const at = 2 * (this.#done % this.#ringFrames);
    const block = this.#ring.subarray(at, at + 2 * frames);
    this.#done += frames;
    this.#options.emit(block);
    block.fill(0);
  }
}

function sideOf(rate: number, tapeRate: number): Side {
  const resampler = rate === tapeRate ? undefined : new Resampler({ from: rate, to: tapeRate });
  // The resampler's delay is taken out again.
  return { rate, resampler, next: -(resampler?.delaySamples ?? 0) };
}
