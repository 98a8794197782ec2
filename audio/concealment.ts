/**
 * What is heard in place of a lost packet: the last pitch period goes on, and fades. After
 * ITU-T G.711 Appendix I: the period is found by correlation over the last 20 ms; up to three
 * periods are repeated the longer the loss lasts, so that it does not turn into a tone; from the
 * second 10 ms on the level falls by a fifth each 10 ms, to nothing at 60 ms; and the first real
 * samples after it are cross-faded with what would have followed. Unlike Appendix I it adds no
 * 3.75 ms of delay to be able to smooth the first join: repetition keeps that one continuous.
 * A sound without a period (a sibilant) goes on at half its level: what is guessed wrongly is better quiet.
 * https://www.itu.int/rec/T-REC-G.711-199909-I!AppI
 */

/** All in ms, for every clock rate. */
const SHORTEST_PERIOD = 5;
const LONGEST_PERIOD = 15;
const CORRELATION_WINDOW = 20;
const STEP = 10;
const FADED_AFTER = 60;
const FADE = 5;
/** What is left out of a sound that has no period at all: the less sure a guess, the quieter. */
const UNSURE = 0.5;
const HISTORY = 3 * LONGEST_PERIOD + LONGEST_PERIOD / 4;

export class Concealer {
  readonly #step: number;
  readonly #history: Int16Array;
  /** The history as it was when the loss began. */
  readonly #source: Int16Array;
  readonly #shortest: number;
  readonly #longest: number;
  readonly #window: number;
  readonly #fadedAfter: number;
  /** The end of the history with its last quarter period made to fit the loop. */
  readonly #loop: Float64Array;
  readonly #scratch: Float64Array;
  /** Room for a fade to silence. */
  readonly #tail: Int16Array;
  /** Something is in the history; silence was put there by us. */
  #hasSound = false;
  #wasFilled = false;
  #recovered = new Int16Array(0);
  /** What comes next does not follow what was heard last. */
  #cut = false;
  #period = 0;
  /** How much one period was like the one before it, 0 to 1. */
  #likeness = 1;
  #periods = 0;
  /** Read position, counted back from the end of the loop. */
  #back = 0;
  /** Samples concealed since the last real one. */
  #erased = 0;

  constructor(clockRate: number) {
    const samples = (ms: number) => Math.ceil((clockRate * ms) / 1000);
    this.#step = samples(STEP);
    this.#history = new Int16Array(samples(HISTORY));
    this.#source = new Int16Array(this.#history.length);
    this.#loop = new Float64Array(this.#history.length);
    this.#scratch = new Float64Array(this.#step);
    this.#tail = new Int16Array(samples(FADE));
    this.#shortest = samples(SHORTEST_PERIOD);
    this.#longest = samples(LONGEST_PERIOD);
    this.#window = samples(CORRELATION_WINDOW);
    this.#fadedAfter = samples(FADED_AFTER);
  }

  /** Samples of concealment that are not silent yet. */
  get audibleSamples(): number {
    return Math.max(0, this.#fadedAfter - this.#erased);
  }

  /**
   * Takes real samples into the history. Returns them, or after a concealed stretch a copy that
   * begins with the cross-fade (valid until the next call).
   */
  accept(samples: Int16Array): Int16Array {
    const heard = this.#joined(samples);
    this.#erased = 0;
    this.#cut = false;
    this.#remember(heard);
    return heard;
  }

  #joined(samples: Int16Array): Int16Array {
    if (this.#erased > 0 || this.#cut) return this.#recover(samples);
    if (!this.#wasFilled) return samples;
    const out = this.#copy(samples);
    const fade = Math.min(this.#tail.length, out.length);
    for (let i = 0; i < fade; i++) out[i] = Math.round((out[i] ?? 0) * ((i + 1) / (fade + 1)));
    return out;
  }

  /** Something was left out on purpose: the next samples are joined to the last ones smoothly. */
  cut(): void {
    this.#cut = true;
  }

  /**
   * `out`, zeros, is what will be heard: what was heard before it fades away into it, and
   * then nothing of that is left to repeat.
   */
  acceptSilence(out: Int16Array): void {
    if (this.#hasSound) {
      const tail = this.#tail.subarray(0, Math.min(this.#tail.length, out.length));
      this.#continue(tail);
      for (let i = 0; i < tail.length; i++) {
        const gain = (1 + Math.cos((Math.PI * (i + 1)) / tail.length)) / 2;
        out[i] = Math.round((out[i] ?? 0) + (tail[i] ?? 0) * gain);
      }
    }
    this.#history.fill(0);
    this.#hasSound = false;
    this.#wasFilled = true;
    this.#erased = 0;
    this.#cut = false;
  }

  /** Fills `out` with the continuation of what was heard. */
  conceal(out: Int16Array): void {
    this.#continue(out);
    this.#remember(out);
  }

  #continue(out: Int16Array): void {
    for (let done = 0; done < out.length;) {
      if (this.#erased % this.#step === 0) this.#begin(this.#erased / this.#step);
      const until = this.#step - (this.#erased % this.#step);
      const part = out.subarray(done, done + Math.min(until, out.length - done));
      for (let i = 0; i < part.length; i++) {
        part[i] = Math.round(this.#next() * this.#gain());
        this.#erased++;
      }
      done += part.length;
    }
  }

  /** At each of the first steps: one more period in the loop, joined to the one before. */
  #begin(step: number): void {
    this.#scratch.fill(0);
    if (step === 0) {
      this.#source.set(this.#history);
      this.#period = this.#findPeriod();
      this.#periods = 1;
      this.#makeLoop();
      this.#back = this.#period;
    } else if (step < 3) {
      // The longer loop takes over from the shorter one within a quarter of a period.
      const overlap = this.#quarter();
      const resume = this.#back;
      for (let i = 0; i < overlap; i++) this.#scratch[i] = this.#read();
      this.#back = resume;
      this.#periods++;
      this.#makeLoop();
      while (this.#back <= this.#period * (this.#periods - 1)) this.#back += this.#period;
    }
  }

  #next(): number {
    const value = this.#read();
    const step = Math.floor(this.#erased / this.#step);
    const overlap = this.#quarter();
    const position = this.#erased % this.#step;
    if (step === 0 || step > 2 || position >= overlap) return value;
    const weight = (position + 1) / (overlap + 1);
    return value * weight + (this.#scratch[position] ?? 0) * (1 - weight);
  }

  #read(): number {
    const value = this.#loop[this.#loop.length - this.#back] ?? 0;
    this.#back = this.#back === 1 ? this.#period * this.#periods : this.#back - 1;
    return value;
  }

  #gain(): number {
    const full = this.#step;
    const doubt = UNSURE * (1 - this.#likeness) * Math.min(1, this.#erased / this.#tail.length);
    if (this.#erased < full) return 1 - doubt;
    return (1 - doubt) * Math.max(0, 1 - (this.#erased - full) / (this.#fadedAfter - full));
  }

  #quarter(): number {
    return Math.min(this.#step, this.#period >> 2);
  }

  /** The loop's last quarter period fades into the samples just before its first one. */
  #makeLoop(): void {
    const source = this.#source;
    const end = source.length;
    const overlap = this.#quarter();
    const length = this.#period * this.#periods;
    this.#loop.set(source);
    for (let i = 0; i < overlap; i++) {
      const weight = (i + 1) / (overlap + 1);
      const at = end - overlap + i;
      const own = source[at] ?? 0;
      const before = source[at - length] ?? 0;
      this.#loop[at] = own * (1 - weight) + before * weight;
    }
  }

  /** The lag at which the last 20 ms look most like what came before them. */
  #findPeriod(): number {
    const history = this.#history;
    const from = history.length - this.#window;
    let best = this.#longest;
    let bestScore = -Infinity;
    for (let lag = this.#shortest; lag <= this.#longest; lag++) {
      let product = 0;
      let energy = 0;
      for (let i = from; i < history.length; i++) {
        const past = history[i - lag] ?? 0;
        product += (history[i] ?? 0) * past;
        energy += past * past;
      }
      const score = energy === 0 ? -Infinity : product / Math.sqrt(energy);
      if (score > bestScore) {
        best = lag;
        bestScore = score;
      }
    }
    let own = 0;
    for (let i = from; i < history.length; i++) own += (history[i] ?? 0) ** 2;
    this.#likeness = own === 0 ? 0 : Math.max(0, Math.min(1, bestScore / Math.sqrt(own)));
    return best;
  }

  /** A quarter period, and 4 ms more for each further 10 ms of loss, up to 10 ms. */
  #recover(samples: Int16Array): Int16Array {
    const out = this.#copy(samples);
    const steps = Math.ceil(this.#erased / this.#step);
    const wanted = this.#quarter() + Math.round(0.4 * this.#step) * Math.max(0, steps - 1);
    const overlap = Math.min(wanted, this.#step, samples.length);
    this.#continue(out.subarray(0, overlap));
    for (let i = 0; i < overlap; i++) {
      const weight = (i + 1) / (overlap + 1);
      out[i] = Math.round((out[i] ?? 0) * (1 - weight) + (samples[i] ?? 0) * weight);
    }
    return out;
  }

  #copy(samples: Int16Array): Int16Array {
    if (this.#recovered.length < samples.length) this.#recovered = new Int16Array(samples.length);
    const out = this.#recovered.subarray(0, samples.length);
    out.set(samples);
    return out;
  }

  #remember(samples: Int16Array): void {
    this.#hasSound = true;
    this.#wasFilled = false;
    const size = this.#history.length;
    if (samples.length >= size) {
      this.#history.set(samples.subarray(samples.length - size));
      return;
    }
    this.#history.copyWithin(0, samples.length);
    this.#history.set(samples, size - samples.length);
  }
}
