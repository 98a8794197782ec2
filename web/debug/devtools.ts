/**
 * `bridge` in the browser's console: what the page knows, as plain values, and what can be done with
 * it, for a look that the page does not offer and for tests (docs/reference/devtools.md).
 */
import type { CaptureMode, PageConfig, Status } from '../../common/api.ts';
import { BridgeError } from '../../common/errors.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { Call } from '../bridge/call.ts';
import type { LogEntry } from '../bridge/event-log.ts';
import type { Happening } from '../bridge/happenings.ts';
import type { CallMedia } from '../media/call-media.ts';
import type { Side } from '../media/report.ts';
import type { RegistrationStatus } from '../phone/registration.ts';
import type { KeptRecording } from '../recording/types.ts';
import { saveFile } from '../bundle/save-file.ts';
import { callRow, turnRow, type CallRow, type TurnRow } from './call-rows.ts';
import { eventStream } from './event-stream.ts';
import { HELP } from './help.ts';
import { reportOf } from './report.ts';
import { samplesOf, type Sound } from './sound.ts';

/** Ids of calls may be left out: the newest live call is meant; of recordings, the newest one. */
export interface BridgeDevtools {
  /** What there is, with examples. */
  help(): string;
  readonly config: PageConfig | undefined;
  readonly status: Status | undefined;
  readonly registration: RegistrationStatus;
  /** Newest first, ended ones included; `calls[0].counters` and `.figures` are those of its media. */
  readonly calls: readonly Call[];
  readonly log: readonly LogEntry[];
  /** A row for each call, for `console.table`. */
  stats(): readonly CallRow[];
  /** A row for each turn of a call, in milliseconds since its answer. */
  turns(callId?: string): readonly TurnRow[];
  /** Everything that happens from now on. */
  readonly events: AsyncIterable<Happening>;
  /** All that a bug report should hold: `copy(bridge.report())`. */
  report(): object;

  hangUp(callId?: string): void;
  /** A number, a registered phone's user, or a sip: URI. */
  dial(to: string): Promise<void>;
  /** Cuts what the agent is saying. */
  interrupt(callId?: string): void;
  /** The developer's ears: one side of a call on this computer's loudspeaker. */
  listen(callId: string, side: Side, change: { on?: boolean; volume?: number }): void;
  /** How the agent hears the caller: auto, encoded, track or worklet. */
  capture(mode: CaptureMode, callId?: string): void;
  /** Adds a WAV or a tone to what the agent hears of the caller, or to what the caller hears. */
  inject(sound: Sound, to?: { as?: Side; callId?: string }): Promise<void>;
  /** Loses a share of the caller's packets, and has them late by `delay` and up to `jitter` ms more. */
  impair(how: { loss?: number; jitter?: number; delay?: number }, callId?: string): void;

  /** Keeps a call from now on, or no longer; then it resolves to the recording's id. */
  record(on?: boolean, callId?: string): Promise<string | undefined>;
  /** Newest first, for `console.table`. */
  readonly recordings: readonly KeptRecording[];
  /** Opens a recording on the page and plays it. */
  play(id?: string): Promise<void>;
  /** Saves its bundle as a file. */
  download(id?: string): Promise<File>;
  /** A bundle from elsewhere; false where it is none: the page says why. */
  open(zip: Blob): Promise<boolean>;
  /** Sends its caller to the agent again and compares; resolves to the id of the new recording. */
  replay(id?: string): Promise<string | undefined>;
  remove(id: string): Promise<void>;
}

declare global {
  interface Window {
    bridge: BridgeDevtools;
  }
}

export function exposeDevtools(bridge: Bridge): void {
  const callOf = (callId: string | undefined): Call => {
    const found = bridge.calls.find(({ id, isLive }) =>
      callId === undefined ? isLive : id === callId,
    );
    if (found !== undefined) return found;
    const which = callId === undefined ? 'There is no live call' : `There is no call ${callId}`;
    throw new BridgeError('NO_CALL', `${which}; bridge.calls lists those there are.`);
  };
  const mediaOf = (callId: string | undefined): CallMedia => {
    const media = bridge.mediaOf(callOf(callId).id);
    if (media === undefined) throw new BridgeError('NO_CALL', 'That call is over.');
    return media;
  };
  const recordings = (): readonly KeptRecording[] => bridge.recordings.list?.recordings ?? [];
  const recordingOf = (id: string | undefined): string => {
    const found = id ?? recordings().find(({ isLive }) => !isLive)?.id;
    if (found === undefined) throw new BridgeError('BAD_REQUEST', 'Nothing is recorded.');
    return found;
  };

  window.bridge = {
    help: () => HELP,
    get config() {
      return bridge.config;
    },
    get status() {
      return bridge.status;
    },
    get registration() {
      return bridge.registration;
    },
    get calls() {
      return bridge.calls;
    },
    get log() {
      return bridge.log.entries;
    },
    stats: () => bridge.calls.map(callRow),
    turns: (callId) =>
      (callId === undefined ? bridge.calls[0] : callOf(callId))?.timeline.turns.map(turnRow) ?? [],
    events: eventStream(bridge.happenings),
    report: () => reportOf(bridge),

    hangUp: (callId) => bridge.actions.hangUp(callOf(callId).id),
    dial: (to) => bridge.dial(to),
    interrupt: (callId) => bridge.actions.interrupt(callId, 'page'),
    listen: (callId, side, change) => bridge.actions.listen(callId, side, change),
    capture: (mode, callId) => bridge.actions.setCapture(callOf(callId), mode),
    inject: async (sound, { as = 'caller', callId } = {}) => {
      const { samples, sampleRate } = await samplesOf(sound);
      mediaOf(callId).inject(as, samples, sampleRate);
    },
    impair: ({ loss = 0, jitter = 0, delay = 0 }, callId) =>
      mediaOf(callId).impair({ loss, jitterMs: jitter, delayMs: delay }),

    record: async (on = true, callId) => {
      const call = callOf(callId);
      if (!on) return bridge.recordings.stop(call.id);
      bridge.actions.setRecorded(call, true);
      return undefined;
    },
    get recordings() {
      return recordings();
    },
    play: async (id) => {
      const opened = await bridge.bundles.openRecording(recordingOf(id));
      opened?.play();
    },
    download: async (id) => {
      const file = await bridge.recordings.bundle(recordingOf(id));
      saveFile(file);
      return file;
    },
    open: async (zip) => (await bridge.bundles.open(zip)) !== undefined,
    replay: async (id) => {
      const opened = await bridge.bundles.openOnly(recordingOf(id));
      return opened && (await bridge.bundles.startReplay(opened))?.bundle.manifest.id;
    },
    remove: (id) => bridge.recordings.remove(id),
  };
}
