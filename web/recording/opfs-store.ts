/**
 * Recordings in the origin private file system. Growing files are written through a synchronous handle,
 * which only workers have, and which is in the file when `append` returns.
 * https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle
 */
import type { GrowingFile, RecordingStore } from './store.ts';

const FOLDER = 'recordings';

/** What DOM typings know in workers only. */
interface SyncHandle {
  write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  getSize(): number;
  flush(): void;
  close(): void;
}

type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

export class OpfsStore implements RecordingStore {
  readonly kind = 'opfs';
  readonly #root: FileSystemDirectoryHandle;

  /** Undefined where this browser has none, or not here. */
  static async open(): Promise<OpfsStore | undefined> {
    if (!('FileSystemFileHandle' in globalThis)) return undefined;
    if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) return undefined;
    try {
      const origin = await navigator.storage.getDirectory();
      return new OpfsStore(await origin.getDirectoryHandle(FOLDER, { create: true }));
    } catch {
      // A private window of some browsers.
      return undefined;
    }
  }

  private constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async ids(): Promise<readonly string[]> {
    const ids: string[] = [];
    for await (const [id, handle] of this.#root) if (handle.kind === 'directory') ids.push(id);
    return ids;
  }

  async open(id: string, name: string): Promise<GrowingFile> {
    const folder = await this.#root.getDirectoryHandle(id, { create: true });
    const file = await folder.getFileHandle(name, { create: true });
    return new OpfsFile(await (file as SyncFile).createSyncAccessHandle());
  }

  async write(id: string, name: string, content: Blob): Promise<void> {
    const folder = await this.#root.getDirectoryHandle(id, { create: true });
    const file = await folder.getFileHandle(name, { create: true });
    // Takes the old file's place when it is closed: a crash leaves one or the other.
    const writable = await file.createWritable();
    await writable.write(content);
    await writable.close();
  }

  async read(id: string, name: string): Promise<Blob | undefined> {
    try {
      const folder = await this.#root.getDirectoryHandle(id);
      return await (await folder.getFileHandle(name)).getFile();
    } catch {
      return undefined;
    }
  }

  async bytes(id: string): Promise<number> {
    let bytes = 0;
    try {
      const folder = await this.#root.getDirectoryHandle(id);
      for await (const handle of folder.values()) {
        if (handle.kind === 'file') bytes += (await handle.getFile()).size;
      }
    } catch {
      // Removed by another page meanwhile.
    }
    return bytes;
  }

  async remove(id: string): Promise<void> {
    try {
      await this.#root.removeEntry(id, { recursive: true });
    } catch (thrown) {
      if (!(thrown instanceof DOMException && thrown.name === 'NotFoundError')) throw thrown;
    }
  }
}

class OpfsFile implements GrowingFile {
  bytes: number;
  readonly #handle: SyncHandle;

  constructor(handle: SyncHandle) {
    this.#handle = handle;
    this.bytes = handle.getSize();
  }

  append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#write(bytes, this.bytes);
    this.bytes += bytes.length;
    return Promise.resolve();
  }

  patch(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#write(bytes, at);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#handle.flush();
    this.#handle.close();
    return Promise.resolve();
  }

  #write(bytes: Uint8Array<ArrayBuffer>, at: number): void {
    if (this.#handle.write(bytes, { at }) < bytes.length) throw new Error('The disk is full.');
  }
}
