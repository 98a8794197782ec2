/**
 * Recordings in IndexedDB, for browsers without the origin private file system: a growing file is a
 * row for each block, and its first block can be written again.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { GrowingFile, RecordingStore } from './store.ts';

const DATABASE = 'recordings';
const LAST = Number.MAX_SAFE_INTEGER;

interface Schema extends DBSchema {
  blocks: { key: [id: string, name: string, number: number]; value: ArrayBuffer };
}

export class IndexedDbStore implements RecordingStore {
  readonly kind = 'indexeddb';
  readonly #db: IDBPDatabase<Schema>;

  static async open(): Promise<IndexedDbStore> {
    return new IndexedDbStore(
      await openDB<Schema>(DATABASE, 1, { upgrade: (db) => void db.createObjectStore('blocks') }),
    );
  }

  private constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  close(): void {
    this.#db.close();
  }

  async ids(): Promise<readonly string[]> {
    const ids = new Set<string>();
    for (const [id] of await this.#db.getAllKeys('blocks')) ids.add(id);
    return [...ids];
  }

  async open(id: string, name: string): Promise<GrowingFile> {
    const range = rangeOf(id, name);
    const blocks = await this.#db.getAll('blocks', range);
    const bytes = blocks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return new IndexedDbFile(this.#db, id, name, blocks.length, bytes);
  }

  async write(id: string, name: string, content: Blob): Promise<void> {
    const block = await content.arrayBuffer();
    const writing = this.#db.transaction('blocks', 'readwrite');
    await Promise.all([
      writing.store.delete(rangeOf(id, name)),
      writing.store.put(block, [id, name, 0]),
      writing.done,
    ]);
  }

  async read(id: string, name: string): Promise<Blob | undefined> {
    const blocks = await this.#db.getAll('blocks', rangeOf(id, name));
    return blocks.length === 0 ? undefined : new Blob(blocks);
  }

  async bytes(id: string): Promise<number> {
    let bytes = 0;
    const reading = this.#db.transaction('blocks');
    for await (const { value } of reading.store.iterate(allOf(id))) bytes += value.byteLength;
    return bytes;
  }

  async remove(id: string): Promise<void> {
    await this.#db.delete('blocks', allOf(id));
  }
}

class IndexedDbFile implements GrowingFile {
  bytes: number;
  readonly #db: IDBPDatabase<Schema>;
  readonly #id: string;
  readonly #name: string;
  #blocks: number;

  constructor(db: IDBPDatabase<Schema>, id: string, name: string, blocks: number, bytes: number) {
    this.#db = db;
    this.#id = id;
    this.#name = name;
    this.#blocks = blocks;
    this.bytes = bytes;
  }

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const number = this.#blocks;
    this.#blocks += 1;
    this.bytes += bytes.length;
    await this.#db.put('blocks', bytes.slice().buffer, [this.#id, this.#name, number]);
  }

  /** Within the first block: where headers are. */
  async patch(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const key: Schema['blocks']['key'] = [this.#id, this.#name, 0];
    const writing = this.#db.transaction('blocks', 'readwrite');
    const block = await writing.store.get(key);
    if (block !== undefined) {
      new Uint8Array(block).set(bytes, at);
      await writing.store.put(block, key);
    }
    await writing.done;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function rangeOf(id: string, name: string): IDBKeyRange {
  return IDBKeyRange.bound([id, name, 0], [id, name, LAST]);
}

function allOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id, '', 0], [id, '\uffff', LAST]);
}
