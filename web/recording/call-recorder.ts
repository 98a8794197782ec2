/**
 * The page's part in recording one call: joins the call's worker and the storage worker by a port,
 * writes down what happens, and hands over at the end what only the end knows. What would be lost with
 * the page is saved now and then, less and less often as the call gets longer.
 */
import * as Comlink from 'comlink';
import type { CallFigures } from '../../common/figures.ts';
import { FILES, FORMAT, FORMAT_VERSION, type Manifest } from '../../recording/manifest.ts';
import type { Happening, Happenings } from '../bridge/happenings.ts';
import type { RecordingParts, TapeSource } from './types.ts';
import { StatsLog } from './stats-log.ts';
import type { Storage } from './storage.ts';

/** How soon after the last time a snapshot is taken, in share of the call and at least. */
const SNAPSHOT_SHARE = 0.2;
const SNAPSHOT_MS = 5_000;
/** Lines that wait for others before they are written. */
const LINES_MS = 500;

/** What is recorded: a call, or a replay of one. */
export interface RecordingSource {
  readonly callId: string;
  readonly caller: string;
  readonly dialled: string;
  readonly direction: Manifest['direction'];
  readonly extension: string;
  readonly replayOf?: string;
  /** Of its statistics. */
  readonly connection: RTCPeerConnection | undefined;
  record(port: MessagePort): void;
  stopRecording(): void;
  readonly figures: () => CallFigures | undefined;
  /** What the time axis shows of it, as JSON. */
  readonly timeline: () => object | undefined;
}

export interface CallRecorderOptions {
  readonly source: RecordingSource;
  readonly storage: Promise<Storage>;
  readonly happenings: Happenings;
  /** Without secrets. */
  readonly config: object;
  readonly version: string;
}

export class CallRecorder {
  readonly id: string;
  readonly #options: CallRecorderOptions;
  readonly #startedAt = Date.now();
  readonly #storage: Promise<Storage>;
  readonly #unfollow: () => void;
  readonly #stats: StatsLog | undefined;
  #lines: string[] = [];
  #linesTimer: ReturnType<typeof setTimeout> | undefined;
  #snapshotTimer: ReturnType<typeof setTimeout> | undefined;
  #finished: Promise<void> | undefined;

  /** Begins at once: what comes before the storage is there, waits for it. */
  constructor(options: CallRecorderOptions) {
    this.#options = options;
    const { source, storage, happenings, config } = options;
    // Sorted by name, recordings are sorted by time.
    const time = new Date(this.#startedAt).toISOString().replace(/\D/g, '');
    this.id = `${time}-${crypto.randomUUID().slice(0, 8)}`;
    const { port1, port2 } = new MessageChannel();
    source.record(port1);
    this.#storage = storage.then(async (remote) => {
      const port = port2 as unknown as TapeSource;
      await remote.begin(this.#manifest(), Comlink.transfer(port, [port2]));
      return remote;
    });
    this.#put({ [FILES.config]: JSON.stringify(config, null, 2) });
    for (const happening of happenings.recent) this.#note(happening);
    this.#unfollow = happenings.follow((happening) => this.#note(happening));
    this.#stats =
      source.connection &&
      new StatsLog(source.connection, (text) => this.#append(FILES.stats, text));
    this.#snapshotLater();
  }

  /** Resolves when everything is kept; call it when the call's worker has closed. Idempotent. */
  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  /** Resolves when the recording has its place. */
  async begun(): Promise<void> {
    await this.#storage;
  }

  #manifest(): Manifest {
    const { callId, caller, dialled, direction, extension, replayOf } = this.#options.source;
    return {
      format: FORMAT,
      version: FORMAT_VERSION,
      id: this.id,
      callId,
      caller,
      dialled,
      direction,
      extension,
      startedAt: new Date(this.#startedAt).toISOString(),
      offsetMs: 0,
      durationMs: 0,
      sampleRate: 16_000,
      complete: false,
      ...(replayOf !== undefined && { replayOf }),
      versions: { bridge: this.#options.version, browser: navigator.userAgent },
    };
  }

  async #finish(): Promise<void> {
    const { source } = this.#options;
    clearTimeout(this.#snapshotTimer);
    source.stopRecording();
    await this.#stats?.read();
    this.#stats?.close();
    const trace = await fetchTrace(source.callId);
    this.#unfollow();
    this.#writeLines();
    await (await this.#storage).finish(this.id, { ...this.#snapshot(), ...trace });
  }

  #note({ callId, ...event }: Happening): void {
    if (callId !== this.#options.source.callId) return;
    this.#lines.push(`${JSON.stringify(event)}\n`);
    this.#linesTimer ??= setTimeout(() => this.#writeLines(), LINES_MS);
  }

  #writeLines(): void {
    clearTimeout(this.#linesTimer);
    this.#linesTimer = undefined;
    if (this.#lines.length === 0) return;
    this.#append(FILES.events, this.#lines.join(''));
    this.#lines = [];
  }

  #snapshotLater(): void {
    const wait = Math.max(SNAPSHOT_MS, SNAPSHOT_SHARE * (Date.now() - this.#startedAt));
    this.#snapshotTimer = setTimeout(() => {
      this.#put(this.#snapshot());
      this.#snapshotLater();
    }, wait);
  }

  #snapshot(): RecordingParts {
    const { figures, timeline } = this.#options.source;
    const [numbers, axis] = [figures(), timeline()];
    return {
      ...(numbers !== undefined && { [FILES.figures]: JSON.stringify(numbers) }),
      ...(axis !== undefined && { [FILES.timeline]: JSON.stringify(axis) }),
    };
  }

  // What cannot be kept is told once, by the storage worker.
  #append(name: typeof FILES.events | typeof FILES.stats, text: string): void {
    this.#storage.then((storage) => storage.append(this.id, name, text)).catch(() => undefined);
  }

  #put(parts: RecordingParts): void {
    this.#storage.then((storage) => storage.put(this.id, parts)).catch(() => undefined);
  }
}

/** The SIP messages of a call; nothing where the bridge knows of none, as of a replay. */
async function fetchTrace(callId: string): Promise<RecordingParts> {
  const url = `/api/calls/${encodeURIComponent(callId)}/trace`;
  const read = async (format: string) => {
    const response = await fetch(`${url}?format=${format}`);
    return response.ok ? await response.blob() : undefined;
  };
  try {
    const [json, pcap] = await Promise.all([read('json'), read('pcap')]);
    return { ...(json && { [FILES.sip]: json }), ...(pcap && { [FILES.sipCapture]: pcap }) };
  } catch {
    return {};
  }
}
