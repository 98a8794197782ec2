/**
 * The clock of the agent's voice. The browser's track generator sends what it is given when it is
 * given it, so the pacing here IS the clock, and whatever it is ahead of the wall clock stays in
 * every later packet as delay. Hence: frame N is due at start + N·20 ms, computed, never accumulated.
 *
 * Silence is written when due, never earlier. The first frame of an utterance goes out the moment it
 * is there, at most one frame early, and the frames after it keep that lead, so that packets stay
 * 20 ms apart; the lead is given back in the next silence. A frame that is late by jitter may use the
 * lead up before the caller hears a gap.
 */
export const FRAME_MS = 20;
/** Further behind than this, the machine slept: start again at the present. */
const RESYNC_FRAMES = 25;

export class PlayoutSchedule {
  resyncs = 0;
  #origin: number | undefined;
  #next = 0;
  #leadMs = 0;

  /** Number of frames written so far: the timestamp of the next one, in frames. */
  get written(): number {
    return this.#next;
  }

  /** When the next frame must be written, audio or not. */
  get dueAt(): number {
    return (this.#origin ?? 0) + this.#next * FRAME_MS;
  }

  /** When the next frame may be written if it is audio. */
  get earliestAt(): number {
    return this.dueAt - this.#leadMs;
  }

  start(now: number): void {
    this.#origin ??= now;
  }

  /** The agent begins to speak after silence: let its first frame go now. */
  beginUtterance(now: number): void {
    this.#leadMs = Math.min(FRAME_MS, Math.max(0, this.dueAt - now));
  }

  /** What ends an utterance need not wait for its turn: one frame, at most one more than usual early. */
  hurry(now: number): void {
    this.#leadMs = Math.min(2 * FRAME_MS, Math.max(this.#leadMs, this.dueAt - now));
  }

  /** Nothing left to say (or it was cut): back to the nominal clock. */
  endUtterance(): void {
    this.#leadMs = 0;
  }

  /** Whether one frame is to be written now. */
  isTime(now: number, hasAudio: boolean): boolean {
    if (this.#origin === undefined) return false;
    if (now - this.dueAt > RESYNC_FRAMES * FRAME_MS) {
      this.resyncs += 1;
      this.#origin = now - this.#next * FRAME_MS;
      this.#leadMs = 0;
    }
    return now >= (hasAudio ? this.earliestAt : this.dueAt);
  }

  wrote(): void {
    this.#next += 1;
  }
}
