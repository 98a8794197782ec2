/**
 * What the caller hears while there is no agent, so that nobody listens to a dead line: an agent that
 * was not there from the start is excused in words, once; one that was lost in the call is awaited
 * with a soft tone, as is one that stays away. The first sound of the agent ends both at once.
 */
const RATE = 8_000;
/** A connection that takes this long is not merely slow. */
const MISSING_MS = 1_000;
/** A reconnection is usually quicker than that, and then not worth a sound. */
const LOST_MS = 2_000;
const TONE_EVERY_MS = 4_000;
const TONE_HZ = 425;
/** −26 dBFS. */
const TONE_PEAK = 1_640;

const TONE = tone(0.4);

export class CallerNotice {
  readonly #load: () => Promise<Int16Array>;
  /** `none` when it cannot be had: then the tone must do. */
  #spoken: Int16Array | 'loading' | 'none' | undefined;
  #hadAgent = false;
  /** Since when there is no agent; undefined while there is one, or none is wanted any more. */
  #missingSince: number | undefined;
  #playing: Int16Array | undefined;
  #position = 0;
  #nextToneAt = 0;
  #hasSpoken = false;

  /** @param load fetches the spoken notice */
  constructor(load: () => Promise<Int16Array>) {
    this.#load = load;
  }

  agentIsThere(): void {
    this.#hadAgent = true;
    this.stop();
  }

  agentIsMissing(now: number): void {
    this.#missingSince ??= now;
  }

  /** There is an agent, or it has said goodbye. */
  stop(): void {
    this.#missingSince = undefined;
    this.#playing = undefined;
  }

  /** Overwrites a frame in which nothing is said; leaves it alone while there is nothing to say. */
  fill(frame: Int16Array, now: number): void {
    this.#playing ??= this.#next(now);
    if (this.#playing === undefined) return;
    const part = this.#playing.subarray(this.#position, this.#position + frame.length);
    frame.fill(0);
    frame.set(part);
    this.#position += frame.length;
    if (this.#position < this.#playing.length) return;
    this.#playing = undefined;
    this.#nextToneAt = now + TONE_EVERY_MS;
  }

  #next(now: number): Int16Array | undefined {
    if (this.#missingSince === undefined) return undefined;
    const missingMs = now - this.#missingSince;
    if (missingMs < (this.#hadAgent ? LOST_MS : MISSING_MS) || now < this.#nextToneAt) {
      return undefined;
    }
    this.#position = 0;
    if (this.#hadAgent || this.#hasSpoken) return TONE;
    const spoken = this.#notice();
    if (spoken === undefined) return undefined;
    this.#hasSpoken = true;
    return spoken;
  }

  /** Fetched when it is needed, which is seldom; undefined while it is on its way. */
  #notice(): Int16Array | undefined {
    if (this.#spoken === undefined) {
      this.#spoken = 'loading';
      this.#load().then(
        (samples) => (this.#spoken = samples),
        () => (this.#spoken = 'none'),
      );
    }
    if (this.#spoken === 'loading') return undefined;
    return this.#spoken === 'none' ? TONE : this.#spoken;
  }
}

/** It swells and fades: a tone that begins at once is a click. */
function tone(seconds: number): Int16Array {
  const length = seconds * RATE;
  return Int16Array.from({ length }, (_, i) => {
    const envelope = Math.sin((Math.PI * i) / length) ** 2;
    return Math.round(TONE_PEAK * envelope * Math.sin((2 * Math.PI * TONE_HZ * i) / RATE));
  });
}
