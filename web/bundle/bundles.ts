/**
 * The bundles that are open on the page: one to look at, two to compare, and the replay that makes a
 * second one out of the first. Tells of changes by a `change` event.
 */
import { BridgeError, lineOf } from '../../common/errors.ts';
import type { Bundle } from '../../recording/bundle.ts';
import { compareTurns, type Comparison } from '../../recording/compare-turns.ts';
import type { RecordingLibrary } from '../recording/library.ts';
import type { Replay } from '../replay/replay.ts';
import { OpenedBundle } from './opened-bundle.ts';

/** What fits side by side. */
const MAX_OPEN = 2;

export interface BundlesOptions {
  readonly recordings: RecordingLibrary;
  /** Sends a bundle's caller to the agent. */
  readonly replay: (bundle: Bundle, onProgress: () => void) => Promise<Replay>;
}

export class Bundles extends EventTarget {
  /** The first one is the one to compare with. */
  opened: readonly OpenedBundle[] = [];
  /** Why the last file was not opened. */
  problem = '';
  /** What is sent to the agent again, and how that goes. */
  replayed: OpenedBundle | undefined;
  replay: Replay | undefined;
  #isStarting = false;
  readonly #options: BundlesOptions;

  constructor(options: BundlesOptions) {
    super();
    this.#options = options;
  }

  /** Of two: their turns side by side. */
  get comparison(): Comparison | undefined {
    const [a, b] = this.opened;
    if (a === undefined || b === undefined) return undefined;
    const [first, second] = [a.bundle.manifest, b.bundle.manifest];
    const isReplay = second.replayOf === first.callId || first.replayOf === second.callId;
    return compareTurns(a.timeline.turns, b.timeline.turns, isReplay ? 'time' : 'order');
  }

  /** A file from anywhere; what is no bundle is said in `problem`. */
  async open(zip: Blob): Promise<OpenedBundle | undefined> {
    try {
      const opened = new OpenedBundle(await this.#options.recordings.read(zip));
      this.problem = '';
      for (const one of this.opened.slice(MAX_OPEN - 1)) one.close();
      this.opened = [...this.opened.slice(0, MAX_OPEN - 1), opened];
      return opened;
    } catch (thrown) {
      this.problem = lineOf(thrown);
      return undefined;
    } finally {
      this.#changed();
    }
  }

  /** A recording of this browser; one that is open already stays as it is. */
  async openRecording(id: string): Promise<OpenedBundle | undefined> {
    const known = this.opened.find(({ bundle }) => bundle.manifest.id === id);
    if (known !== undefined) return known;
    try {
      return await this.open(await this.#options.recordings.bundle(id));
    } catch (thrown) {
      this.problem = lineOf(thrown);
      this.#changed();
      return undefined;
    }
  }

  /** The same, and nothing beside it. */
  openOnly(id: string): Promise<OpenedBundle | undefined> {
    for (const bundle of this.opened) bundle.close();
    this.opened = [];
    return this.openRecording(id);
  }

  close(bundle: OpenedBundle): void {
    bundle.close();
    this.opened = this.opened.filter((each) => each !== bundle);
    this.problem = '';
    this.#changed();
  }

  /**
   * Sends its caller to the agent again; when that is over, both lie side by side.
   * @throws BridgeError BAD_REQUEST while another one goes on
   */
  async startReplay(bundle: OpenedBundle): Promise<OpenedBundle | undefined> {
    if (this.#isStarting) {
      throw new BridgeError('BAD_REQUEST', 'A replay is going on; wait for its end, or stop it.');
    }
    this.#isStarting = true;
    this.replayed = bundle;
    try {
      this.replay = await this.#options.replay(bundle.bundle, () => this.#changed());
      this.#changed();
      const id = await this.replay.done;
      const { sentence } = this.replay;
      for (const one of this.opened) if (one !== bundle) one.close();
      this.opened = [bundle];
      if (id !== undefined) return await this.openRecording(id);
      this.problem = `The replay was not recorded. ${sentence}`;
    } catch (thrown) {
      this.problem = lineOf(thrown);
    } finally {
      this.replay = undefined;
      this.#isStarting = false;
      this.#changed();
    }
    return undefined;
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}
