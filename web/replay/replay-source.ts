/**
 * The caller of a recording, frame by frame, at the pace at which they spoke: frame N is due at
 * start + N frames, computed and never accumulated, so that nothing drifts however late a timer is.
 */
export interface ReplaySourceOptions {
  readonly samples: Int16Array;
  readonly frameSamples: number;
  readonly frameMs: number;
  readonly send: (frame: Int16Array) => void;
}

export class ReplaySource {
  readonly #options: ReplaySourceOptions;
  readonly #silence: Int16Array;
  #startedAt: number | undefined;
  #sent = 0;

  constructor(options: ReplaySourceOptions) {
    this.#options = options;
    this.#silence = new Int16Array(options.frameSamples);
  }

  start(now: number): void {
    this.#startedAt ??= now;
  }

  /** Milliseconds of the recording that have been sent, and its length. */
  get sentMs(): number {
    return this.#sent * this.#options.frameMs;
  }

  get totalMs(): number {
    const { samples, frameSamples, frameMs } = this.#options;
    return Math.ceil(samples.length / frameSamples) * frameMs;
  }

  get isOver(): boolean {
    return this.sentMs >= this.totalMs;
  }

  /** Sends every frame whose time has come: once the recording is over, silence. */
  tick(now: number): void {
    if (this.#startedAt === undefined) return;
    const { samples, frameSamples, frameMs, send } = this.#options;
    const due = Math.floor((now - this.#startedAt) / frameMs) + 1;
    for (; this.#sent < due; this.#sent += 1) {
      const at = this.#sent * frameSamples;
      const frame = samples.subarray(at, at + frameSamples);
      if (frame.length === frameSamples) send(frame);
      else {
        const padded = this.#silence.slice();
        padded.set(frame);
        send(padded);
      }
    }
  }
}
