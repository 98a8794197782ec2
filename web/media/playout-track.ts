/**
 * The track that the caller hears: frames in, in order, at the pace of who writes them. What the
 * browser does not take in time is left out and counted: to queue it would delay all that follows.
 */
import { FRAME_MS } from './playout-schedule.ts';

/** Frames the track generator has not taken: beyond it silence is not worth writing. */
const MAX_WRITES_PENDING = 5;

export class PlayoutTrack {
  framesSkipped = 0;
  readonly #writer: WritableStreamDefaultWriter<AudioData>;
  #pending = 0;

  constructor(writable: WritableStream<AudioData>) {
    this.#writer = writable.getWriter();
  }

  /**
   * False when the track takes no more at present.
   *
   * @param index counts frames from the start.
   * @param onTaken the browser has it.
   */
  play(frame: Int16Array<ArrayBuffer>, index: number, onTaken?: () => void): boolean {
    if (this.#pending > MAX_WRITES_PENDING) {
      this.framesSkipped += 1;
      return false;
    }
    const data = new AudioData({
      format: 's16',
      sampleRate: (frame.length * 1_000) / FRAME_MS,
      numberOfChannels: 1,
      numberOfFrames: frame.length,
      timestamp: index * FRAME_MS * 1_000,
      data: frame,
    });
    this.#pending += 1;
    this.#writer.write(data).then(
      () => {
        this.#pending -= 1;
        onTaken?.();
      },
      // The track was stopped: the call is ending.
      () => undefined,
    );
    return true;
  }

  close(): void {
    this.#writer.close().catch(() => undefined);
  }
}
