/** Which tape is in: it may be asked for before the call is answered, and then begins with the answer. */
import { CallTape } from '../recording/call-tape.ts';

export interface TapeFormat {
  readonly callerRate: number;
  readonly agentRate: number;
  readonly answeredAt: number;
}

export class TapeDeck {
  #tape: CallTape | undefined;
  /** Where the tape will go, once the call is answered. */
  #waiting: MessagePort | undefined;

  /** @param format undefined while there is nothing to be recorded yet */
  record(port: MessagePort, format: TapeFormat | undefined, now: number): void {
    this.stop();
    if (format === undefined) {
      this.#waiting = port;
      return;
    }
    this.#tape = new CallTape(port, { ...format, now, timeOrigin: performance.timeOrigin });
  }

  /** The call is answered: what was asked for before begins here. */
  begin(format: TapeFormat | undefined): void {
    const port = this.#waiting;
    this.#waiting = undefined;
    if (port !== undefined && format !== undefined) this.record(port, format, format.answeredAt);
  }

  hearCaller(frame: Int16Array): void {
    this.#tape?.hearCaller(frame);
  }

  hearAgent(frame: Int16Array, dueAt: number): void {
    this.#tape?.hearAgent(frame, dueAt);
  }

  stop(): void {
    this.#tape?.end();
    this.#tape = undefined;
    // One that has never begun has an end all the same.
    this.#waiting?.postMessage({ type: 'end' });
    this.#waiting = undefined;
  }
}
