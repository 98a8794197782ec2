/**
 * The way back to the caller: what the agent has sent and the caller has not heard yet. Agents
 * send faster than real time, so this is a store of minutes and no jitter buffer: it never trims,
 * and refuses only when memory would run away. Queued audio is played bit for bit; the only
 * samples made here are the ≤ 5 ms of fade where audio stops without having come to rest, and
 * where it goes on after that.
 *
 * After an empty queue playing starts with a cushion of audio, or, for a short answer, once
 * nothing has been pushed for as many pulls as that cushion would last. The cushion is small until
 * the queue runs dry in the middle of an answer; then it grows to what would have bridged the gap,
 * and shrinks again while all goes well. A gap too long for any cushion is a pause of the agent's.
 */
import { SampleFifo } from './sample-fifo.ts';

export interface PlayoutOptions {
  readonly frameSamples: number;
  /** What must be queued before playing starts, and the most that may become. */
  readonly cushionSamples: number;
  readonly maxCushionSamples?: number;
  /** The cap; about a minute is 480,000 samples at 8 kHz. */
  readonly maxSamples: number;
}

export type Pulled = 'audio' | 'silence' | 'underrun';

/** The frame in use is 20 ms, so that 5 ms are a quarter of it. */
const FADE_FRACTION = 4;
/** Pulls (1 s) within which more audio turns running dry into an underrun. */
const RESUMES_WITHIN = 50;
/** Pulls of audio (10 s) without an underrun after which the cushion shrinks by a frame. */
const RELAXES_AFTER = 500;

export class PlayoutQueue {
  readonly #fifo = new SampleFifo();
  readonly #frame: number;
  readonly #minCushion: number;
  readonly #maxCushion: number;
  readonly #max: number;
  readonly #fade: Int16Array;
  #cushion: number;
  #pullsOfAudio = 0;
  #fadeLength = 0;
  #isResuming = false;
  #playing = false;
  #last = 0;
  #pullsSincePush = 0;
  #pullsSinceDry = Infinity;
  #played = 0;
  #underruns = 0;

  constructor(options: PlayoutOptions) {
    const { frameSamples, cushionSamples, maxCushionSamples, maxSamples } = options;
    this.#frame = frameSamples;
    this.#minCushion = this.#cushion = cushionSamples;
    this.#maxCushion = maxCushionSamples ?? cushionSamples;
    this.#max = maxSamples;
    this.#fade = new Int16Array(Math.floor(frameSamples / FADE_FRACTION));
  }

  get queuedSamples(): number {
    return this.#fifo.length;
  }

  /** What must be queued, for now, before playing starts. */
  get cushionSamples(): number {
    return this.#cushion;
  }

  /** Whether the next pull yields a whole frame of audio. */
  get isReady(): boolean {
    if (this.#fifo.length < this.#frame) return false;
    return this.#playing || this.#mayStart();
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
    if (this.#pullsSinceDry < RESUMES_WITHIN) this.#resume();
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
    if (this.#isResuming) fadeIn(out.subarray(0, Math.min(count, this.#fade.length)));
    this.#isResuming = false;
    if (count > 0) this.#last = out[count - 1] ?? 0;
    if (count === out.length) {
      this.#relax();
      return 'audio';
    }
    this.#runDry(out, count);
    return 'underrun';
  }

  /**
   * Throws away what is queued and says how much that was. What has been played stays the last of it:
   * the ≤ 5 ms that follow lead its last value to silence and hold nothing of what was thrown away.
   */
  flush(): number {
    const thrown = this.#fifo.length;
    if (this.#playing) {
      fadeOut(this.#fade.fill(this.#last));
      this.#fadeLength = this.#fade.length;
    }
    this.#fifo.clear();
    this.#playing = false;
    this.#isResuming = false;
    this.#pullsSinceDry = Infinity;
    return thrown;
  }

  #mayStart(): boolean {
    // A fade still owed to the caller goes first.
    if (this.#fifo.length === 0 || this.#fadeLength > 0) return false;
    const patience = Math.max(1, Math.ceil(this.#cushion / this.#frame));
    return this.#fifo.length >= this.#cushion || this.#pullsSincePush >= patience;
  }

  /** More audio has come shortly after the queue ran dry. */
  #resume(): void {
    this.#underruns++;
    this.#pullsOfAudio = 0;
    const gap = (this.#pullsSinceDry + 1) * this.#frame;
    if (gap > this.#maxCushion) return;
    this.#isResuming = true;
    this.#cushion = Math.min(this.#maxCushion, Math.max(this.#cushion, gap) + this.#frame);
  }

  #relax(): void {
    if (this.#cushion === this.#minCushion || ++this.#pullsOfAudio < RELAXES_AFTER) return;
    this.#pullsOfAudio = 0;
    this.#cushion = Math.max(this.#minCushion, this.#cushion - this.#frame);
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

function fadeOut(samples: Int16Array): void {
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.round((samples[i] ?? 0) * (1 - rise(i + 1, samples.length)));
  }
}

function fadeIn(samples: Int16Array): void {
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.round((samples[i] ?? 0) * rise(i, samples.length));
  }
}

/** Half a cosine from zero to one. */
function rise(i: number, length: number): number {
  return (1 - Math.cos((Math.PI * i) / length)) / 2;
}
