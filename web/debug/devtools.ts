/**
 * `bridge` in the browser's console: what the page knows, as plain values, for a look that the page
 * does not offer and for tests.
 */
import type { CaptureMode, PageConfig, Status } from '../../common/api.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { Call } from '../bridge/call.ts';
import type { LogEntry } from '../bridge/event-log.ts';
import type { Side } from '../media/report.ts';
import type { RegistrationStatus } from '../phone/registration.ts';

export interface BridgeDevtools {
  readonly config: PageConfig | undefined;
  readonly status: Status | undefined;
  readonly registration: RegistrationStatus;
  /** Newest first, ended ones included; `calls[0].counters` and `.figures` are those of its media. */
  readonly calls: readonly Call[];
  readonly log: readonly LogEntry[];
  hangUp(callId: string): void;
  /** A number, a registered phone's user, or a sip: URI. */
  dial(to: string): Promise<void>;
  /** Cuts what the agent is saying; without an id, in the newest call. */
  interrupt(callId?: string): void;
  /** The developer's ears: one side of a call on this computer's loudspeaker. */
  listen(callId: string, side: Side, change: { on?: boolean; volume?: number }): void;
  /** How the agent hears the caller: auto, encoded, track or worklet. */
  setCapture(callId: string, mode: CaptureMode): void;
}

declare global {
  interface Window {
    bridge: BridgeDevtools;
  }
}

export function exposeDevtools(bridge: Bridge): void {
  window.bridge = {
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
    setCapture: (callId, mode) => {
      const call = bridge.calls.find(({ id }) => id === callId);
      if (call !== undefined) bridge.setCapture(call, mode);
    },
    hangUp: (callId) => bridge.hangUp(callId),
    dial: (to) => bridge.dial(to),
    interrupt: (callId) => bridge.interrupt(callId, 'page'),
    listen: (callId, side, change) => bridge.listen(callId, side, change),
  };
}
