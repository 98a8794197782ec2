/**
 * The way back to the caller: what the agent has sent and the caller has not heard yet. Agents
 * send faster than real time, so this is a store of minutes and no jitter buffer: it never trims,
 * and refuses only when memory would run away. Queued audio is played bit for bit; the only
 * samples made here are the ≤ 5 ms of fade where audio stops without having come to rest.
 *
 * After an empty queue playing starts with a cushion of audio, or, for a short answer, once
 * nothing has been pushed for as many pulls as that cushion would last.
 */
import { SampleFifo } from './sample-fifo.ts';

export interface PlayoutOptions {
  readonly frameSamples: number;
  /** What must be queued before playing starts. */
  readonly cushionSamples: number;
  /** The cap; about a minute is 480,000 samples at 8 kHz. */
  readonly maxSamples: number;
}

export type Pulled = 'audio' | 'silence' | 'underrun';

/** The frame in use is 20 ms, so that 5 ms are a quarter of it. */
const FADE_FRACTION = 4;
/** Pulls (1 s) within which more audio turns running dry into an underrun. */
const RESUMES_WITHIN = 50;

export class PlayoutQueue {
  readonly #fifo = new SampleFifo();
  readonly #cushion: number;
  readonly #max: number;
  readonly #patience: number;
  readonly #fade: Int16Array;
  #fadeLength = 0;
  #playing = false;
  #last = 0;
  #pullsSincePush = 0;
  #pullsSinceDry = Infinity;
  #played = 0;
  #underruns = 0;

  constructor({ frameSamples, cushionSamples, maxSamples }: PlayoutOptions) {
    this.#cushion = cushionSamples;
    this.#max = maxSamples;
    this.#patience = Math.max(1, Math.ceil(cushionSamples / frameSamples));
    this.#fade = new Int16Array(Math.floor(frameSamples / FADE_FRACTION));
  }

  get queuedSamples(): number {
    return this.#fifo.length;
  }

  /** Samples of the agent that have been pulled. */
  get playedSamples(): number {
    return this.#played;
  }

  /** Times the queue ran dry and audio went on within a second: an answer's end is none. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Copies the samples in; false when that would exceed the cap, and then nothing is queued. */
  push(samples: Int16Array): boolean {
    if (this.#fifo.length + samples.length > this.#max) return false;
    if (samples.length === 0) return true;
    if (this.#pullsSinceDry < RESUMES_WITHIN) this.#underruns++;
    this.#pullsSinceDry = Infinity;
    this.#pullsSincePush = 0;
    this.#fifo.push(samples);
    return true;
  }

  /**
   * Fills `out`: `audio` when all of it is the agent's, `underrun` for the one pull in which the
   * queue ran dry, `silence` otherwise.
   */
  pull(out: Int16Array): Pulled {
    this.#pullsSinceDry++;
    if (!this.#playing) this.#playing = this.#mayStart();
    this.#pullsSincePush++;
    if (!this.#playing) {
      out.fill(0);
      out.set(this.#fade.subarray(0, Math.min(this.#fadeLength, out.length)));
      this.#fadeLength = 0;
      this.#last = 0;
      return 'silence';
    }
    const count = this.#fifo.shift(out);
    this.#played += count;
    if (count > 0) this.#last = out[count - 1] ?? 0;
    if (count === out.length) return 'audio';
    this.#runDry(out, count);
    return 'underrun';
  }

  /** Throws away what is queued and says how much that was; a fade of ≤ 5 ms ends the sound. */
  flush(): number {
    const thrown = this.#fifo.length;
    if (this.#playing) {
      // The fade is of what would have been played, and of its last value where that ends.
      const tail = this.#fade;
      tail.fill(this.#last);
      const real = this.#fifo.shift(tail);
      if (real > 0) tail.fill(tail[real - 1] ?? 0, real);
      fadeOut(tail);
      this.#fadeLength = tail.length;
    }
    this.#fifo.clear();
    this.#playing = false;
    this.#pullsSinceDry = Infinity;
    return thrown;
  }

  #mayStart(): boolean {
    // A fade still owed to the caller goes first.
    if (this.#fifo.length === 0 || this.#fadeLength > 0) return false;
    return this.#fifo.length >= this.#cushion || this.#pullsSincePush >= this.#patience;
  }

  #runDry(out: Int16Array, from: number): void {
    const tail = this.#fade.fill(this.#last);
    fadeOut(tail);
    const fits = Math.min(tail.length, out.length - from);
    out.set(tail.subarray(0, fits), from);
    out.fill(0, from + fits);
    // What did not fit begins the next pull.
    tail.copyWithin(0, fits);
    this.#fadeLength = tail.length - fits;
    this.#last = 0;
    this.#playing = false;
    this.#pullsSinceDry = 0;
  }
}

/** Half a cosine from just below one to zero. */
function fadeOut(samples: Int16Array): void {
  for (let i = 0; i < samples.length; i++) {
    const gain = (1 + Math.cos((Math.PI * (i + 1)) / samples.length)) / 2;
    samples[i] = Math.round((samples[i] ?? 0) * gain);
  }
}
