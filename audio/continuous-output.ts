/**
 * The last stage of a caller's stream: whatever comes (speech, gaps to conceal, pauses to fill)
 * leaves it as one run of samples without a step in it, and as long as the call is. Joins are
 * smoothed by the concealer; a phone whose clock is not the computer's is brought back into step a
 * packet at a time (DriftControl).
 */
import { Concealer } from './concealment.ts';
import { DriftControl } from './drift-control.ts';

export type TimelineKind = 'audio' | 'concealed' | 'silence';

/** The samples are valid during the call only. */
export type Emit = (samples: Int16Array, kind: TimelineKind) => void;

export class ContinuousOutput {
  readonly drift: DriftControl;
  /** Samples emitted so far. */
  position = 0;
  concealed = 0;
  silence = 0;
  /** Samples added and left out to stay in step with the wall clock. */
  added = 0;
  leftOut = 0;

  readonly #emit: Emit;
  readonly #concealer: Concealer;
  #scratch = new Int16Array(0);

  /** @param leeway see DriftControl */
  constructor(sampleRate: number, emit: Emit, leeway?: number) {
    this.#emit = emit;
    this.#concealer = new Concealer(sampleRate);
    this.drift = new DriftControl(sampleRate, leeway);
  }

  /** Speech that follows what went out last; the one place where the stream is kept in step. */
  inStep(samples: Int16Array, now: number): void {
    const correction = this.drift.correction(samples, now);
    if (correction > 0) {
      this.added += correction;
      this.#conceal(correction);
    } else if (correction < 0) {
      this.leftOut -= correction;
      this.#concealer.cut();
    }
    this.audio(correction < 0 ? samples.subarray(-correction) : samples);
  }

  audio(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.position += samples.length;
    this.#emit(this.#concealer.accept(samples), 'audio');
  }

  /** A gap; what a concealment cannot reach any more is filled as a pause is. */
  conceal(count: number): void {
    this.concealed += Math.min(count, this.#concealer.audibleSamples);
    this.#conceal(count);
  }

  /** A pause: zeros. */
  pause(count: number): void {
    if (count <= 0) return;
    this.silence += count;
    const out = this.#room(count);
    out.fill(0);
    this.#concealer.acceptSilence(out);
    this.position += count;
    this.#emit(out, 'silence');
  }

  #conceal(count: number): void {
    const audible = Math.min(count, this.#concealer.audibleSamples);
    if (audible > 0) {
      const out = this.#room(audible);
      this.#concealer.conceal(out);
      this.position += audible;
      this.#emit(out, 'concealed');
    }
    this.pause(count - audible);
  }

  #room(count: number): Int16Array {
    if (this.#scratch.length < count) this.#scratch = new Int16Array(count);
    return this.#scratch.subarray(0, count);
  }
}
