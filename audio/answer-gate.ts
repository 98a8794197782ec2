/**
 * Which of the agent's audio still belongs to an answer that was cut short. After a barge-in an
 * agent's sender may go on for a moment with what another of its tasks has made already, and the
 * caller must not hear it; the first word of the next answer must not be lost either. So what
 * comes after a cut is dropped until the next answer begins, which is known by
 *
 * - what the agent says: its model or its speech has started, the caller's turn is final, a new
 *   session; after any of these all audio is welcome;
 * - a pause: nothing came for 250 ms. No pipeline of recognition, model and speech is quicker than
 *   that, and a sender that streams leaves no such gaps;
 * - time: an agent that cuts its own answer has a second to stop; one that does not know that it
 *   was cut (a key at the page, the API) may finish its sentence unheard, for ten.
 *
 * Where the one who sends the audio is also the one who cuts it, all that follows is new by the
 * protocol's own rule (Twilio's `clear`), and the gate is not closed at all.
 */
import type { CutBy } from '../common/figures.ts';

const PAUSE_MS = 250;
const LIMIT_MS: Readonly<Record<CutBy, number>> = { agent: 1_000, page: 10_000, api: 10_000 };

export class AnswerGate {
  /** Answers that were cut so far: audio of an earlier generation is not heard any more. */
  generation = 0;
  droppedBytes = 0;
  #isOpen = true;
  #cutAt = 0;
  #heardAt = -Infinity;
  #limitMs = 0;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @param hasStragglers whether more of the cut answer may come. */
  cut(by: CutBy, now: number, hasStragglers: boolean): void {
    this.generation += 1;
    this.#isOpen = !hasStragglers;
    this.#cutAt = now;
    this.#limitMs = LIMIT_MS[by];
  }

  /** The agent has said that an answer begins. */
  open(): void {
    this.#isOpen = true;
  }

  /** Whether audio came so lately that more of the same may be under way. */
  isStreaming(now: number): boolean {
    return now - this.#heardAt < PAUSE_MS;
  }

  /** Whether a chunk that has come now is to be played. */
  admits(bytes: number, now: number): boolean {
    const quietMs = now - Math.max(this.#cutAt, this.#heardAt);
    if (quietMs >= PAUSE_MS || now - this.#cutAt >= this.#limitMs) this.#isOpen = true;
    this.#heardAt = now;
    if (!this.#isOpen) this.droppedBytes += bytes;
    return this.#isOpen;
  }
}
