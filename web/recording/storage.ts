/**
 * The page's side of the storage worker, which is started when there is something to be kept or
 * listed, and not before.
 */
import * as Comlink from 'comlink';
import type { Recordings } from './recordings.ts';
import type { OpenStorage } from './storage-worker.ts';

export type Storage = Comlink.Remote<Recordings>;

export class StorageWorker {
  readonly #worker: Worker;
  readonly recordings: Promise<Storage>;

  constructor() {
    this.#worker = new Worker(new URL('./storage-worker.ts', import.meta.url), {
      type: 'module',
      name: 'recordings',
    });
    const failed = new Promise<never>((_, reject) => {
      this.#worker.onerror = ({ message }) =>
        reject(new Error(message || 'its worker fails to load'));
    });
    const open = Comlink.wrap<OpenStorage>(this.#worker);
    this.recordings = Promise.race([open() as unknown as Promise<Storage>, failed]);
    this.recordings.catch(() => undefined);
  }

  close(): void {
    this.#worker.terminate();
  }
}
