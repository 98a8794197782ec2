/**
 * Whether the caller's own voice comes back in the agent's audio: an agent that is wired in a loop, or
 * that hears itself. The loudness of both, 20 ms by 20 ms, is held against each other at every delay
 * up to 0.6 s: two voices never rise and fall together for seconds, and an agent that repeats what was
 * said does so only after it.
 */
const COLUMN_MS = 20;
const WINDOW = 4_000 / COLUMN_MS;
const MAX_LAG = 600 / COLUMN_MS;
/** Levels below are no voice. */
const FLOOR = 100;
/** Of the window's columns, how many must hold a voice. */
const ACTIVE = WINDOW / 5;
const CORRELATION = 0.85;
/** Windows in a row, a second apart. */
const TIMES = 3;

export class EchoDetector {
  readonly #caller = new Envelope();
  readonly #agent = new Envelope();
  #found = 0;

  /** One frame of 20 ms, of each side as it passes. */
  hearCaller(samples: Int16Array): void {
    this.#caller.push(samples);
  }

  hearAgent(samples: Int16Array): void {
    this.#agent.push(samples);
  }

  /** Asked once a second. @returns the delay of the echo, or undefined when there is none. */
  look(): number | undefined {
    const lag = this.#search();
    this.#found = lag === undefined ? 0 : this.#found + 1;
    return lag !== undefined && this.#found >= TIMES ? lag * COLUMN_MS : undefined;
  }

  #search(): number | undefined {
    const agent = this.#agent.last(WINDOW);
    if (agent.length < WINDOW || voiced(agent) < ACTIVE) return undefined;
    let best = { lag: 0, correlation: 0 };
    for (let lag = 0; lag <= MAX_LAG; lag += 1) {
      const caller = this.#caller.last(WINDOW, lag);
      if (caller.length < WINDOW || voiced(caller) < ACTIVE) continue;
      const correlation = correlationOf(caller, agent);
      if (correlation > best.correlation) best = { lag, correlation };
    }
    return best.correlation >= CORRELATION ? best.lag : undefined;
  }
}

/** Root mean squares of the last seconds. */
class Envelope {
  readonly #columns: number[] = [];

  push(samples: Int16Array): void {
    let squares = 0;
    for (const sample of samples) squares += sample * sample;
    this.#columns.push(Math.sqrt(squares / Math.max(1, samples.length)));
    if (this.#columns.length > WINDOW + MAX_LAG) this.#columns.shift();
  }

  /** `count` columns that end `lag` before the newest. */
  last(count: number, lag = 0): readonly number[] {
    const end = this.#columns.length - lag;
    return this.#columns.slice(Math.max(0, end - count), Math.max(0, end));
  }
}

function voiced(columns: readonly number[]): number {
  return columns.filter((level) => level > FLOOR).length;
}

/** Pearson's, of levels that vary: a steady hum resembles every other steady hum. */
function correlationOf(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, level] of a.entries()) {
    const da = level - meanA;
    const db = (b[i] ?? 0) - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  const varies = (squares: number, mean: number) => squares / a.length > (0.3 * mean) ** 2;
  return varies(aa, meanA) && varies(bb, meanB) ? ab / Math.sqrt(aa * bb) : 0;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
