/**
 * The stream of somebody whom a jitter buffer has already put in order: it has no gaps of its own, so
 * there is less to do than for packets (RtpTimeline). When it stops for longer than a moment (a
 * suspended AudioContext, a track that has ended) time is filled by the wall clock; and an audio
 * device whose clock is not the computer's is kept in step with the latter.
 */
import { ContinuousOutput, type Emit } from './continuous-output.ts';

/** All in ms. */
const QUIET_AFTER = 200;
const FILL = 20;
const ASLEEP = 2_000;

export class DecodedTimeline {
  readonly #perMs: number;
  readonly #out: ContinuousOutput;
  #startedAt: number | undefined;
  #heardAt = 0;
  #calledAt = 0;
  #excused = false;

  constructor(sampleRate: number, emit: Emit) {
    this.#perMs = sampleRate / 1_000;
    this.#out = new ContinuousOutput(sampleRate, emit, Infinity);
  }

  get addedMs(): number {
    return this.#out.added / this.#perMs;
  }

  get leftOutMs(): number {
    return this.#out.leftOut / this.#perMs;
  }

  get silenceMs(): number {
    return this.#out.silence / this.#perMs;
  }

  push(samples: Int16Array, now: number): void {
    this.#start(now);
    this.#heardAt = now;
    this.#calledAt = now;
    this.#out.drift.observe(now, this.#out.position);
    this.#out.inStep(samples, now);
  }

  /** Call it every 10–20 ms. */
  tick(now: number): void {
    this.#start(now);
    const slept = now - this.#calledAt > QUIET_AFTER;
    this.#calledAt = now;
    // Whoever was asleep itself first reads what has come meanwhile.
    this.#excused = slept && !this.#excused;
    if (this.#excused || now - this.#heardAt <= QUIET_AFTER) return;
    const behind = now - (this.#startedAt ?? now) - this.#out.position / this.#perMs;
    if (behind > ASLEEP) {
      this.#startedAt = now - this.#out.position / this.#perMs;
      return;
    }
    for (let i = 0; i < Math.floor(behind / FILL) - 1; i++) this.#out.pause(FILL * this.#perMs);
  }

  #start(now: number): void {
    if (this.#startedAt !== undefined) return;
    this.#startedAt = now;
    this.#heardAt = now;
    this.#calledAt = now;
    this.#out.drift.start(now);
  }
}
