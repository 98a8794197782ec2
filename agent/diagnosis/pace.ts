/**
 * A wrong sample rate by its effect. Nothing in samples tells their rate, but an agent that sends in
 * real time gives it away: if a second of what is taken for audio comes every two thirds of a second,
 * steadily, then it is 24,000 Hz that is taken for 16,000. An agent that sends in bursts, as most do,
 * shows no pace and is not judged.
 */
const RATES = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
/** A pause this long ends a run of audio. */
const PAUSE_MS = 500;
const RUN_MS = 3_000;
const RUN_CHUNKS = 20;
const TOLERANCE = 0.04;
/** What comes within so short a time came at once; this much at once is no pace. */
const AT_ONCE_MS = 5;
const BURST_MS = 600;

export class PaceMeter {
  readonly #sampleRate: number;
  #beganAt = 0;
  #lastAt = -Infinity;
  #audioMs = 0;
  #atOnceMs = 0;
  #largestMs = 0;
  #chunks = 0;
  #guess: number | undefined;

  /** @param sampleRate what the audio is taken for */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** A chunk that would last `ms`, arriving now. */
  push(ms: number, now: number): void {
    if (now - this.#lastAt > PAUSE_MS) {
      this.#beganAt = now;
      this.#audioMs = this.#chunks = this.#largestMs = 0;
    } else this.#judge(now);
    // The newest chunk is what is to be played from now on: it counts once the next one is here.
    this.#audioMs += ms;
    this.#atOnceMs = now - this.#lastAt > AT_ONCE_MS ? ms : this.#atOnceMs + ms;
    this.#largestMs = Math.max(this.#largestMs, this.#atOnceMs);
    this.#chunks += 1;
    this.#lastAt = now;
  }

  /** The rate it probably is, when that is not what it is taken for. */
  get likelyRate(): number | undefined {
    return this.#guess;
  }

  #judge(now: number): void {
    const wallMs = now - this.#beganAt;
    if (wallMs < RUN_MS || this.#chunks < RUN_CHUNKS) return;
    if (this.#largestMs > BURST_MS) return;
    const pace = this.#audioMs / wallMs;
    const isNear = (rate: number) => Math.abs(pace / (rate / this.#sampleRate) - 1) < TOLERANCE;
    const rate = RATES.find(isNear);
    this.#guess = rate === this.#sampleRate ? undefined : rate;
  }
}
