/**
 * Where recordings are kept: files in a folder for each. Two browsers' storages are behind it: the
 * origin's private file system, which takes a block at once and survives a crash to the last one, and
 * IndexedDB where that is missing.
 */
export interface RecordingStore {
  readonly kind: 'opfs' | 'indexeddb';
  /** Ids of the recordings, in no order. */
  ids(): Promise<readonly string[]>;
  /** For a file that grows. It is made when it is not there, and goes on where it is. */
  open(id: string, name: string): Promise<GrowingFile>;
  /** The whole file at once. */
  write(id: string, name: string, content: Blob): Promise<void>;
  read(id: string, name: string): Promise<Blob | undefined>;
  /** Of all its files. */
  bytes(id: string): Promise<number>;
  remove(id: string): Promise<void>;
}

export interface GrowingFile {
  readonly bytes: number;
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Puts other bytes in the place of some that are there. */
  patch(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}
