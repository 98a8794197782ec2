/**
 * Call workers, one of them always loaded in advance. A worker that is still loading never hears of a
 * transform that is given to it: the event is dispatched to a scope without a handler, no error is
 * raised, and the caller's voice goes by unseen. So a call is answered only with a worker that has
 * said it is ready, and the spare one saves the caller the wait.
 */
import type { FromWorker } from './messages.ts';

export class SpareWorker {
  #spare: Promise<Worker>;

  constructor() {
    this.#spare = load();
    // Reported by whoever takes it.
    this.#spare.catch(() => undefined);
  }

  /** A loaded worker for one call; the taker terminates it. */
  take(): Promise<Worker> {
    const taken = this.#spare;
    this.#spare = taken.then(load, load);
    this.#spare.catch(() => undefined);
    return taken;
  }

  async close(): Promise<void> {
    const worker = await this.#spare.catch(() => undefined);
    worker?.terminate();
  }
}

function load(): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./call-worker.ts', import.meta.url), {
      type: 'module',
      name: 'call',
    });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'ready') resolve(worker);
    };
    worker.onerror = (event) => {
      worker.terminate();
      reject(new Error(`The call worker does not load: ${event.message || 'no reason given'}`));
    };
  });
}
