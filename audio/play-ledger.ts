/**
 * What has become of every chunk the agent sent: how much of it the caller has heard, how much was
 * cut. Audio is played in the order in which it came, so two counters say it all: what has been
 * settled (played or cut), and where each chunk that is not settled yet begins and ends.
 *
 * Chunks make answers: one answer is what comes without a cut between and without a second of
 * silence in which nothing was left to play. A mark is a place between two chunks that somebody
 * waits for: it is reached when everything before it is settled.
 */
export interface Chunk {
  /** Counted from 1 over the whole call. */
  readonly id: number;
  readonly answer: number;
  /** When it came. */
  readonly at: number;
  readonly samples: number;
  heard: number;
  cut: number;
}

export interface Answer {
  readonly id: number;
  /** When its first chunk came. */
  readonly receivedAt: number;
  /** When the first and the last sample of it that the caller heard went out. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  samples: number;
  heard: number;
  cut: number;
}

/** How a mark was reached. */
export interface Reached {
  /** False when some of the answer before it was thrown away. */
  readonly complete: boolean;
  /** Of the answer the mark is in or follows. */
  readonly heardSamples: number;
}

interface Mark {
  readonly at: number;
  readonly answer: Answer | undefined;
  readonly reached: (how: Reached) => void;
}

const KEPT_CHUNKS = 500;
const KEPT_ANSWERS = 100;
/** Silence with nothing left to play that ends an answer. */
const ENDS_AFTER_MS = 1_000;

export class PlayLedger {
  /** The newest ones, oldest first. */
  readonly chunks: Chunk[] = [];
  readonly answers: Answer[] = [];
  readonly #marks: Mark[] = [];
  /** Index into `chunks` of the first that is not settled. */
  #open = 0;
  #received = 0;
  #settled = 0;
  #nextChunk = 1;
  #nextAnswer = 1;
  #isCut = true;

  /** A chunk was queued. */
  push(samples: number, now: number): Chunk {
    const answer = this.#answerAt(now);
    answer.samples += samples;
    this.#received += samples;
    const chunk = { id: this.#nextChunk, answer: answer.id, at: now, samples, heard: 0, cut: 0 };
    this.#nextChunk += 1;
    this.chunks.push(chunk);
    // Only what is settled is forgotten: minutes may be queued.
    const spare = Math.min(this.#open, this.chunks.length - KEPT_CHUNKS);
    if (spare > 0) {
      this.chunks.splice(0, spare);
      this.#open -= spare;
    }
    return chunk;
  }

  /** The answer whose audio is next to be played, or was played last. */
  get current(): number | undefined {
    return (this.chunks[this.#open] ?? this.chunks.at(-1))?.answer;
  }

  /** So many samples have gone out, the last of them at `now`; unheard if the agent is muted. */
  played(samples: number, now: number, isHeard = true): void {
    if (samples === 0) return;
    if (!isHeard) {
      this.#lose(samples);
      return;
    }
    this.#settle(samples, (chunk, count) => {
      chunk.heard += count;
      const answer = this.#answer(chunk.answer);
      if (answer === undefined) return;
      answer.startedAt ??= now;
      answer.endedAt = now;
      answer.heard += count;
    });
  }

  /** All that was queued is thrown away; the next chunk begins a new answer. */
  cut(): void {
    this.#isCut = true;
    this.#lose(this.#received - this.#settled);
  }

  /** Calls back once all that was sent before this moment is settled: now, if it is. */
  mark(reached: (how: Reached) => void): void {
    this.#marks.push({ at: this.#received, answer: this.answers.at(-1), reached });
    this.#reachMarks();
  }

  #answerAt(now: number): Answer {
    const last = this.answers.at(-1);
    const isDry = this.#settled === this.#received;
    const isOver = isDry && now - (last?.endedAt ?? -Infinity) >= ENDS_AFTER_MS;
    if (last !== undefined && !this.#isCut && !isOver) return last;
    this.#isCut = false;
    const answer: Answer = {
      id: this.#nextAnswer,
      receivedAt: now,
      startedAt: undefined,
      endedAt: undefined,
      samples: 0,
      heard: 0,
      cut: 0,
    };
    this.#nextAnswer += 1;
    this.answers.push(answer);
    if (this.answers.length > KEPT_ANSWERS) this.answers.shift();
    return answer;
  }

  /** The one in question is nearly always the last. */
  #answer(id: number): Answer | undefined {
    return this.answers.findLast((answer) => answer.id === id);
  }

  #lose(samples: number): void {
    this.#settle(samples, (chunk, count) => {
      chunk.cut += count;
      const answer = this.#answer(chunk.answer);
      if (answer !== undefined) answer.cut += count;
    });
  }

  #settle(samples: number, apply: (chunk: Chunk, count: number) => void): void {
    this.#settled += samples;
    for (let left = samples; left > 0;) {
      const chunk = this.chunks[this.#open];
      if (chunk === undefined) break;
      const count = Math.min(left, chunk.samples - chunk.heard - chunk.cut);
      apply(chunk, count);
      left -= count;
      if (chunk.heard + chunk.cut === chunk.samples) this.#open += 1;
    }
    this.#reachMarks();
  }

  #reachMarks(): void {
    for (;;) {
      const [mark] = this.#marks;
      if (mark === undefined || mark.at > this.#settled) return;
      this.#marks.shift();
      const { answer } = mark;
      mark.reached({ complete: (answer?.cut ?? 0) === 0, heardSamples: answer?.heard ?? 0 });
    }
  }
}
