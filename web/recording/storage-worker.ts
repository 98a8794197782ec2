/** The worker that owns the recordings of this page. */
import * as Comlink from 'comlink';
import { IndexedDbStore } from './indexeddb-store.ts';
import { OpfsStore } from './opfs-store.ts';
import { Recordings } from './recordings.ts';
import type { Locks } from './types.ts';

/** Before the page has said how much it may be. */
const LIMIT_BYTES = Infinity;
const nameOf = (id: string) => `recording:${id}`;

/** The browser's own, which a page that is gone does not hold any more. */
const locks: Locks = {
  hold: (id) =>
    new Promise((resolve, reject) => {
      navigator.locks
        .request(nameOf(id), () => new Promise<void>((release) => resolve(release)))
        .catch(reject);
    }),
  isHeld: async (id) => {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === nameOf(id));
  },
};

const opening = (async () => {
  const store = (await OpfsStore.open()) ?? (await IndexedDbStore.open());
  return new Recordings({ store, locks, limitBytes: LIMIT_BYTES });
})();
opening.catch(() => undefined);

/** @throws Error where this browser keeps nothing */
async function open(): Promise<Recordings & Comlink.ProxyMarked> {
  return Comlink.proxy(await opening);
}

export type OpenStorage = typeof open;

Comlink.expose(open);
