/**
 * A call worker's end of a recording: the tape on the call's clock, whose blocks go straight to the
 * storage worker, past the page. One copy each half second, and nothing at all while nobody records.
 */
import { StereoTape } from '../../recording/stereo-tape.ts';

/** What goes through the port, in this order. */
export type TapeMessage =
  | {
      readonly type: 'start';
      readonly sampleRate: number;
      /** Epoch milliseconds of the first sample, and how long after the answer that was. */
      readonly startedAt: number;
      readonly offsetMs: number;
    }
  | { readonly type: 'audio'; readonly samples: ArrayBuffer }
  | { readonly type: 'end' };

/** What is used of a MessagePort. */
export interface TapePort {
  postMessage(message: TapeMessage, transfer: ArrayBuffer[]): void;
}

export interface CallTapeOptions {
  readonly callerRate: number;
  readonly agentRate: number;
  /** performance.now() of the answer and of now: the tape begins now. */
  readonly answeredAt: number;
  readonly now: number;
  readonly timeOrigin: number;
}

export class CallTape {
  readonly #port: TapePort;
  readonly #tape: StereoTape;
  readonly #startedAt: number;
  #hasEnded = false;

  constructor(
    port: TapePort,
    { callerRate, agentRate, answeredAt, now, timeOrigin }: CallTapeOptions,
  ) {
    this.#port = port;
    this.#startedAt = now;
    this.#tape = new StereoTape({
      callerRate,
      agentRate,
      emit: (block) => {
        const samples = block.slice().buffer;
        port.postMessage({ type: 'audio', samples }, [samples]);
      },
    });
    const { sampleRate } = this.#tape;
    const startedAt = timeOrigin + now;
    port.postMessage({ type: 'start', sampleRate, startedAt, offsetMs: now - answeredAt }, []);
  }

  /** What goes to the agent now. */
  hearCaller(frame: Int16Array): void {
    if (!this.#hasEnded) this.#tape.hearCaller(frame);
  }

  /** A frame that leaves for the phone, and when it was due. */
  hearAgent(frame: Int16Array, dueAt: number): void {
    if (!this.#hasEnded) this.#tape.hearAgent(frame, dueAt - this.#startedAt);
  }

  /** Idempotent. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#tape.finish();
    this.#port.postMessage({ type: 'end' }, []);
  }
}
