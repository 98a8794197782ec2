/**
 * All recordings of this browser: those that grow, those that are kept, and the limit they are kept
 * within. Lives in the storage worker; what it stands on is injected.
 *
 * Nothing is lost by a page that goes away: audio and events are in their files as they come, and
 * whatever has no end yet is ended by the next page that finds it, with the lengths its files have. A
 * lock held while a recording grows tells the one from the other; the browser lets go of it for a page
 * that is no more.
 */
import { readBundle, writeBundle } from '../../recording/bundle.ts';
import { bundleName, FILES, type FileName, type Manifest } from '../../recording/manifest.ts';
import { durationOf, HEADER_BYTES, rateOf, wavHeader } from '../../recording/wav-header.ts';
import { recordedSpectra } from '../bundle/recorded-spectra.ts';
import type { TapeMessage } from './call-tape.ts';
import type { GrowingFile, RecordingStore } from './store.ts';
import type {
  KeptRecording,
  Locks,
  ReadBundle,
  RecordingList,
  RecordingParts,
  RecordingsNews,
  TapeSource,
} from './types.ts';

/** How much is written before the limit is looked at again. */
const LOOK_BYTES = 4 * 1024 ** 2;
/** How often the list is told of a recording that has grown. */
const TOLD_BYTES = 512 * 1024;
/** A call worker that was terminated never says that the tape ends. */
const END_MS = 2_000;
const READ_BYTES = 1024 ** 2;

export interface RecordingsOptions {
  readonly store: RecordingStore;
  readonly locks: Locks;
  readonly limitBytes: number;
}

interface Growing {
  manifest: Manifest;
  readonly files: Map<FileName, GrowingFile>;
  readonly release: () => void;
  readonly port: TapeSource;
  readonly ended: Promise<void>;
  readonly end: () => void;
  /** Everything is written in its order. */
  tail: Promise<void>;
  lookAt: number;
  hasFailed: boolean;
}

export class Recordings {
  readonly #store: RecordingStore;
  readonly #locks: Locks;
  #limitBytes: number;
  readonly #growing = new Map<string, Growing>();
  #tell: (news: RecordingsNews) => void = () => undefined;

  constructor({ store, locks, limitBytes }: RecordingsOptions) {
    this.#store = store;
    this.#locks = locks;
    this.#limitBytes = limitBytes;
  }

  /** One listener; a later one takes its place. */
  follow(listener: (news: RecordingsNews) => void): void {
    this.#tell = listener;
  }

  async setLimit(bytes: number): Promise<void> {
    this.#limitBytes = bytes;
    await Promise.all([...this.#growing.values()].map(({ tail }) => tail));
    await this.#makeRoom();
  }

  /** Ends what pages that are gone have left without an end; what still grows elsewhere, in time. */
  async repair(): Promise<void> {
    for (const id of await this.#store.ids()) {
      if (this.#growing.has(id)) continue;
      const manifest = await this.#manifestOf(id);
      if (manifest === undefined) await this.#removeRest(id);
      else if (manifest.durationMs === 0) void this.#repairWhenFree(id);
    }
  }

  async begin(manifest: Manifest, port: TapeSource): Promise<void> {
    const { id } = manifest;
    const release = await this.#locks.hold(id);
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const growing: Growing = {
      manifest,
      files: new Map(),
      release,
      port,
      ended,
      end,
      tail: Promise.resolve(),
      lookAt: LOOK_BYTES,
      hasFailed: false,
    };
    this.#growing.set(id, growing);
    this.#do(growing, () => this.#writeManifest(growing.manifest));
    port.onmessage = ({ data }) => {
      if (data.type === 'end') end();
      else this.#do(growing, () => this.#take(growing, data));
    };
    await growing.tail;
    await this.#makeRoom();
    this.#tell({ type: 'changed' });
  }

  /** Adds to a file that grows with the recording. */
  append(id: string, name: FileName, text: string): void {
    const growing = this.#growing.get(id);
    if (growing === undefined) return;
    const bytes = new TextEncoder().encode(text);
    this.#do(growing, async () => (await this.#fileOf(growing, name)).append(bytes));
  }

  /** Puts a whole file in the place of what there was of it. */
  put(id: string, parts: RecordingParts): void {
    const growing = this.#growing.get(id);
    if (growing === undefined) return;
    this.#do(growing, () => this.#writeParts(id, parts));
  }

  /** Resolves when all of it is kept. */
  async finish(id: string, parts: RecordingParts): Promise<void> {
    const growing = this.#growing.get(id);
    if (growing === undefined) return;
    let giveUp: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (giveUp = setTimeout(resolve, END_MS)));
    await Promise.race([growing.ended, late]);
    clearTimeout(giveUp);
    growing.port.close();
    this.#do(growing, async () => {
      await this.#writeParts(id, parts);
      const audio = growing.files.get(FILES.audio);
      const { sampleRate } = growing.manifest;
      const bytes = audio?.bytes ?? 0;
      await audio?.patch(0, wavHeader(sampleRate, bytes - HEADER_BYTES).slice());
      const durationMs = Math.max(1, durationOf(bytes, sampleRate));
      await this.#writeManifest({ ...growing.manifest, durationMs, complete: true });
    });
    await growing.tail;
    await this.#closeFiles(growing);
    this.#growing.delete(id);
    growing.release();
    // A call that was never answered has nothing to be kept.
    const { bytes = 0 } = growing.files.get(FILES.audio) ?? {};
    if (bytes <= HEADER_BYTES) await this.#store.remove(id);
    await this.#makeRoom();
    this.#tell({ type: 'changed' });
  }

  /** With all that has come so far. */
  async list(): Promise<RecordingList> {
    await Promise.all([...this.#growing.values()].map(({ tail }) => tail));
    return this.#list();
  }

  /** The recording as one zip. */
  async bundle(id: string): Promise<Blob | undefined> {
    const files = await Promise.all(
      Object.values(FILES).map(async (name) => ({ name, blob: await this.#store.read(id, name) })),
    );
    const parts = files.flatMap(({ name, blob }) =>
      blob === undefined ? [] : [{ name, pieces: piecesOf(blob) }],
    );
    if (parts.length === 0) return undefined;
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    await writeBundle(parts, (piece) => pieces.push(piece));
    return new Blob(pieces, { type: 'application/zip' });
  }

  /** What a zip holds, of this browser or of another one. */
  async open(zip: Blob): Promise<ReadBundle> {
    const bundle = readBundle(new Uint8Array(await zip.arrayBuffer()));
    return { ...bundle, spectra: recordedSpectra(bundle.wav) };
  }

  async remove(id: string): Promise<void> {
    if (await this.#isLive(id)) return;
    await this.#store.remove(id);
    this.#tell({ type: 'changed' });
  }

  async #take(
    growing: Growing,
    message: Exclude<TapeMessage, { readonly type: 'end' }>,
  ): Promise<void> {
    const audio = await this.#fileOf(growing, FILES.audio);
    if (message.type === 'audio') {
      const told = Math.floor(audio.bytes / TOLD_BYTES);
      await audio.append(new Uint8Array(message.samples));
      if (Math.floor(audio.bytes / TOLD_BYTES) > told) this.#tell({ type: 'changed' });
      if (audio.bytes < growing.lookAt) return;
      growing.lookAt = audio.bytes + LOOK_BYTES;
      await this.#makeRoom();
      if (audio.bytes > this.#limitBytes) {
        throw new Error(
          `This recording alone is larger than all may be: ${this.#limitBytes} bytes.`,
        );
      }
      return;
    }
    const { sampleRate, startedAt, offsetMs } = message;
    growing.manifest = {
      ...growing.manifest,
      sampleRate,
      startedAt: new Date(startedAt).toISOString(),
      offsetMs: Math.round(offsetMs),
    };
    await this.#writeManifest(growing.manifest);
    if (audio.bytes === 0) await audio.append(wavHeader(sampleRate, 0).slice());
    this.#tell({ type: 'changed' });
  }

  /** In its turn; what fails ends the recording with what there is. */
  #do(growing: Growing, act: () => Promise<void>): void {
    growing.tail = growing.tail.then(act).catch((thrown: unknown) => {
      if (growing.hasFailed) return;
      growing.hasFailed = true;
      growing.port.onmessage = null;
      growing.end();
      const { id } = growing.manifest;
      const sentence = thrown instanceof Error ? thrown.message : String(thrown);
      this.#tell({ type: 'failed', id, sentence });
    });
  }

  async #fileOf(growing: Growing, name: FileName): Promise<GrowingFile> {
    const known = growing.files.get(name);
    if (known !== undefined) return known;
    const file = await this.#store.open(growing.manifest.id, name);
    growing.files.set(name, file);
    return file;
  }

  async #closeFiles(growing: Growing): Promise<void> {
    for (const file of growing.files.values()) await file.close();
  }

  async #writeParts(id: string, parts: RecordingParts): Promise<void> {
    for (const [name, content] of Object.entries(parts)) {
      await this.#store.write(id, name, content instanceof Blob ? content : new Blob([content]));
    }
  }

  #writeManifest(manifest: Manifest): Promise<void> {
    const text = JSON.stringify(manifest, null, 2);
    return this.#store.write(manifest.id, FILES.manifest, new Blob([text]));
  }

  async #manifestOf(id: string): Promise<Manifest | undefined> {
    const blob = await this.#store.read(id, FILES.manifest);
    try {
      return blob && (JSON.parse(await blob.text()) as Manifest);
    } catch {
      return undefined;
    }
  }

  async #isLive(id: string): Promise<boolean> {
    return this.#growing.has(id) || (await this.#locks.isHeld(id));
  }

  /** Files without a manifest: a page went away in the very first moment. */
  async #removeRest(id: string): Promise<void> {
    if (!(await this.#isLive(id))) await this.#store.remove(id);
  }

  async #repairWhenFree(id: string): Promise<void> {
    const release = await this.#locks.hold(id);
    try {
      const manifest = await this.#manifestOf(id);
      if (manifest?.durationMs === 0) await this.#repairOne(manifest);
    } finally {
      release();
      this.#tell({ type: 'changed' });
    }
  }

  async #repairOne(manifest: Manifest): Promise<void> {
    const { id } = manifest;
    const header = await this.#store.read(id, FILES.audio);
    if (header === undefined || header.size <= HEADER_BYTES) {
      await this.#store.remove(id);
      return;
    }
    const audio = await this.#store.open(id, FILES.audio);
    const { bytes } = audio;
    const sampleRate = rateOf(new Uint8Array(await header.slice(0, HEADER_BYTES).arrayBuffer()));
    await audio.patch(0, wavHeader(sampleRate, bytes - HEADER_BYTES).slice());
    await audio.close();
    const durationMs = Math.max(1, durationOf(bytes, sampleRate));
    await this.#writeManifest({ ...manifest, sampleRate, durationMs, complete: false });
  }

  async #list(): Promise<RecordingList> {
    const recordings: KeptRecording[] = [];
    for (const id of await this.#store.ids()) {
      const manifest = this.#growing.get(id)?.manifest ?? (await this.#manifestOf(id));
      if (manifest === undefined) continue;
      const isLive = manifest.durationMs === 0 && (await this.#isLive(id));
      const bytes = await this.#store.bytes(id);
      recordings.push({ ...manifest, bytes, isLive, fileName: bundleName(manifest) });
    }
    recordings.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
    const usedBytes = recordings.reduce((sum, { bytes }) => sum + bytes, 0);
    return { recordings, usedBytes, limitBytes: this.#limitBytes, kind: this.#store.kind };
  }

  /** The oldest go until the rest is within the limit; what grows stays, and the newest of all. */
  async #makeRoom(): Promise<void> {
    const { recordings, usedBytes } = await this.#list();
    let over = usedBytes - this.#limitBytes;
    for (const { id, bytes, isLive } of recordings.slice(1).toReversed()) {
      if (over <= 0) break;
      if (isLive) continue;
      await this.#store.remove(id);
      over -= bytes;
      this.#tell({ type: 'changed' });
    }
  }
}

async function* piecesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += READ_BYTES) {
    yield new Uint8Array(await blob.slice(at, at + READ_BYTES).arrayBuffer());
  }
}
