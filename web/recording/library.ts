/**
 * The recordings of this browser as the page shows them: what is kept, what is being recorded, and
 * whether calls are recorded without being asked for. Tells of changes by a `change` event.
 */
import * as Comlink from 'comlink';
import { BridgeError, messageOf, type ErrorCode } from '../../common/errors.ts';
import type { LogLevel } from '../../common/log.ts';
import { CallRecorder, type CallRecorderOptions, type RecordingSource } from './call-recorder.ts';
import type { ReadBundle, RecordingList, RecordingsNews } from './types.ts';
import { StorageWorker, type Storage } from './storage.ts';

const SWITCH = 'record-calls';
const MEGABYTE = 1024 ** 2;

export interface LibraryOptions {
  readonly log: (level: LogLevel, text: string, fields: LogPlace) => void;
  readonly recorder: () => Omit<CallRecorderOptions, 'source' | 'storage'>;
}

interface LogPlace {
  readonly code?: ErrorCode;
  readonly callId?: string;
}

export class RecordingLibrary extends EventTarget {
  /** Undefined until it was read. */
  list: RecordingList | undefined;
  /** Why this browser keeps nothing. */
  unavailable = '';
  readonly #options: LibraryOptions;
  #byConfig = false;
  #limitBytes = Infinity;
  #worker: StorageWorker | undefined;
  #storage: Promise<Storage> | undefined;
  /** By the call's id. */
  readonly #recorders = new Map<string, CallRecorder>();

  constructor(options: LibraryOptions) {
    super();
    this.#options = options;
  }

  configure({
    automatic,
    limitMb,
  }: {
    readonly automatic: boolean;
    readonly limitMb: number;
  }): void {
    this.#byConfig = automatic;
    this.#limitBytes = limitMb * MEGABYTE;
    if (this.#storage !== undefined) {
      void this.#storage
        .then((storage) => storage.setLimit(this.#limitBytes))
        .catch(() => undefined);
    }
    this.#changed();
  }

  /** The page's own switch, which outlives it, or what is configured. */
  get automatic(): boolean {
    const own = localStorage.getItem(SWITCH);
    return own === null ? this.#byConfig : own === 'on';
  }

  set automatic(on: boolean) {
    localStorage.setItem(SWITCH, on ? 'on' : 'off');
    this.#changed();
  }

  isRecording(callId: string): boolean {
    return this.#recorders.has(callId);
  }

  /** From the answer on, or from now. Nothing of the call waits for it. */
  start(source: RecordingSource): void {
    const { callId } = source;
    if (this.#recorders.has(callId)) return;
    const recorder = new CallRecorder({
      ...this.#options.recorder(),
      source,
      storage: this.#open(),
    });
    this.#recorders.set(callId, recorder);
    recorder.begun().catch((thrown: unknown) => {
      this.#recorders.delete(callId);
      source.stopRecording();
      this.#failed(callId, messageOf(thrown));
    });
    this.#changed();
  }

  /** Resolves, to the recording's id, when all of it is kept. */
  async stop(callId: string): Promise<string | undefined> {
    const recorder = this.#recorders.get(callId);
    if (recorder === undefined) return undefined;
    try {
      await recorder.finish();
    } catch (thrown) {
      this.#failed(callId, messageOf(thrown));
    }
    this.#recorders.delete(callId);
    this.#changed();
    return recorder.id;
  }

  /** Reads what is kept, and ends what pages that are gone have left without an end. */
  async open(): Promise<void> {
    try {
      await (await this.#open()).repair();
      await this.#read();
    } catch (thrown) {
      this.unavailable = messageOf(thrown);
      this.#changed();
    }
  }

  async remove(id: string): Promise<void> {
    await (await this.#open()).remove(id);
    await this.#read();
  }

  /** The zip of a recording. */
  async bundle(id: string): Promise<File> {
    const name = this.list?.recordings.find((each) => each.id === id)?.fileName ?? `${id}.zip`;
    const blob = await (await this.#open()).bundle(id);
    if (blob === undefined) throw new BridgeError('BAD_BUNDLE', `There is no recording ${id}.`);
    return new File([blob], name, { type: blob.type });
  }

  /** @throws BridgeError BAD_BUNDLE */
  async read(zip: Blob): Promise<ReadBundle> {
    const storage = await this.#open();
    try {
      // Whatever a Remote makes of its types: what comes is plain data.
      return await storage.open(zip);
    } catch (thrown) {
      throw new BridgeError('BAD_BUNDLE', messageOf(thrown), { cause: thrown });
    }
  }

  close(): void {
    this.#worker?.close();
  }

  #open(): Promise<Storage> {
    this.#worker ??= new StorageWorker();
    this.#storage ??= this.#worker.recordings.then(async (storage) => {
      await storage.follow(Comlink.proxy((news: RecordingsNews) => this.#onNews(news)));
      if (this.#limitBytes < Infinity) await storage.setLimit(this.#limitBytes);
      return storage;
    });
    return this.#storage;
  }

  async #read(): Promise<void> {
    this.list = await (await this.#open()).list();
    this.#changed();
  }

  #onNews(news: RecordingsNews): void {
    if (news.type === 'changed') void this.#read().catch(() => undefined);
    else {
      const [callId] = [...this.#recorders].find(([, { id }]) => id === news.id) ?? [];
      this.#failed(callId, news.sentence);
      // With what there is of it.
      if (callId !== undefined) void this.stop(callId);
    }
  }

  #failed(callId: string | undefined, why: string): void {
    const text = `No more is recorded: ${why}`;
    this.#options.log('warn', text, {
      code: 'RECORDING_FAILED',
      ...(callId !== undefined && { callId }),
    });
    this.#changed();
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}
