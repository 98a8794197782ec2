/**
 * The caller of a recording, sent into a new session of the agent: the same worker, dialect and way as
 * a call's, without a phone. What comes back is recorded and measured as in a call.
 */
import type { AgentProfile } from '../../common/api.ts';
import type { CallFigures } from '../../common/figures.ts';
import { Resampler } from '../../audio/resampler.ts';
import type { Bundle } from '../../recording/bundle.ts';
import type { Happenings } from '../bridge/happenings.ts';
import type { FromWorker } from '../media/from-worker.ts';
import type { ToWorker } from '../media/messages.ts';
import type { RecordingLibrary } from '../recording/library.ts';
import { CallFollower } from '../timeline/follow-call.ts';
import { Timeline } from '../timeline/timeline.ts';

/** A worker that does not answer is terminated all the same. */
const CLOSE_MS = 2_000;

export interface ReplayOptions {
  readonly bundle: Bundle;
  /** A loaded one, which is terminated at the end. */
  readonly worker: Worker;
  readonly agent: AgentProfile;
  /** Where a session of that id is opened. */
  readonly url: (id: string) => Promise<string>;
  readonly recordings: RecordingLibrary;
  readonly happenings: Happenings;
  readonly onProgress: () => void;
}

export class Replay {
  /** Of the agent's session, as a Call-ID is. */
  readonly callId = `replay-${crypto.randomUUID()}`;
  readonly timeline = new Timeline({ callId: this.callId, startedAt: Date.now() });
  sentMs = 0;
  totalMs: number;
  /** What its connection does, in a sentence. */
  sentence = 'Connecting to the agent.';
  /** Resolves, to the id of what was recorded, when it is over. */
  readonly done: Promise<string | undefined>;

  readonly #options: ReplayOptions;
  readonly #follower = new CallFollower(this.timeline);
  #figures: CallFigures | undefined;
  #isClosing = false;
  #end: () => void = () => undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.totalMs = options.bundle.manifest.durationMs;
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    this.done = ended.then(() => this.#release());
    options.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    options.worker.onerror = ({ message }) => {
      this.sentence = `The replay's worker failed: ${message}`;
      this.#end();
    };
    void this.#start();
  }

  /** Ends it before its time. Idempotent. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#post({ type: 'close' });
    setTimeout(() => this.#end(), CLOSE_MS);
  }

  async #start(): Promise<void> {
    const { bundle, agent, url, recordings } = this.#options;
    const { caller, dialled, direction, extension, callId: replayOf } = bundle.manifest;
    const { callId } = this;
    const address = await url(callId).catch((thrown: unknown) => {
      this.sentence = String(thrown);
      return undefined;
    });
    if (address === undefined) {
      this.#end();
      return;
    }
    recordings.start({
      callId,
      caller,
      dialled,
      direction,
      extension,
      replayOf,
      connection: undefined,
      record: (port) => this.#post({ type: 'record', port }, [port]),
      stopRecording: () => this.#post({ type: 'stop-recording' }),
      figures: () => this.#figures,
      timeline: () => this.timeline.toJSON(),
    });
    this.#post({ type: 'start', callId, url: address, agent, wideband: false });
    this.#post({ type: 'replay', samples: callerOf(bundle, agent.input.sampleRate) });
  }

  #receive(message: FromWorker): void {
    const { happenings, onProgress } = this.#options;
    this.#follower.onWorker(message);
    switch (message.type) {
      case 'agent-event':
        happenings.note('agent', message.event.type, this.callId, message.event);
        return;
      case 'figures':
        this.#figures = message.figures;
        return;
      case 'socket':
        this.sentence = message.socket.sentence;
        // An agent that ends its session has had enough.
        if (message.socket.state === 'closed') this.close();
        onProgress();
        return;
      case 'replay':
        if (message.sentMs > 0 && this.timeline.answeredAt === undefined) {
          this.#follower.answered(Date.now() - message.sentMs);
        }
        this.sentMs = Math.min(message.sentMs, message.totalMs);
        this.totalMs = message.totalMs;
        if (message.isOver) this.close();
        onProgress();
        return;
      case 'closed':
        this.#end();
        return;
      default:
        return;
    }
  }

  async #release(): Promise<string | undefined> {
    this.#isClosing = true;
    this.#follower.ended('The replay is over.', false);
    const id = await this.#options.recordings.stop(this.callId);
    this.#options.worker.terminate();
    this.#options.onProgress();
    return id;
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#options.worker.postMessage(message, transfer);
  }
}

/** What the agent got of the caller, sample by sample where it wants the same rate. */
function callerOf({ wav }: Bundle, sampleRate: number): Int16Array<ArrayBuffer> {
  const [caller = new Int16Array()] = wav.channels;
  return new Resampler({ from: wav.sampleRate, to: sampleRate }).process(caller).slice();
}
