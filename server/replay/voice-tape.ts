/**
 * The agent's voice as a caller would hear it: agents send faster than anybody speaks, so each piece is
 * put behind the one before it, or at the present moment if that has come later, and a barge-in takes
 * away what has not been heard by then.
 */
export class VoiceTape {
  readonly samples: Int16Array;
  readonly #perMs: number;
  /** Behind the last sample. */
  #end = 0;

  constructor(sampleRate: number, durationMs: number) {
    this.#perMs = sampleRate / 1000;
    this.samples = new Int16Array(Math.ceil(durationMs * this.#perMs));
  }

  /** What does not fit any more is dropped. */
  push(samples: Int16Array, nowMs: number): void {
    const at = Math.max(this.#end, Math.round(nowMs * this.#perMs));
    const room = this.samples.length - at;
    if (room > 0) this.samples.set(samples.subarray(0, room), at);
    this.#end = at + samples.length;
  }

  cut(nowMs: number): void {
    const at = Math.max(0, Math.round(nowMs * this.#perMs));
    if (at >= this.#end) return;
    this.samples.fill(0, at);
    this.#end = at;
  }
}
