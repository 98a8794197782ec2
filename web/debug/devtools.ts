/**
 * `bridge` in the browser's console: what the page knows, as plain values, for a look that the page
 * does not offer and for tests.
 */
import type { PageConfig, Status } from '../../common/api.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { Call } from '../bridge/call.ts';
import type { LogEntry } from '../bridge/event-log.ts';
import type { RegistrationStatus } from '../phone/registration.ts';

export interface BridgeDevtools {
  readonly config: PageConfig | undefined;
  readonly status: Status | undefined;
  readonly registration: RegistrationStatus;
  /** Newest first, ended ones included; `calls[0].counters` are the media figures. */
  readonly calls: readonly Call[];
  readonly log: readonly LogEntry[];
  hangUp(callId: string): void;
  /** A number, a registered phone's user, or a sip: URI. */
  dial(to: string): Promise<void>;
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
    hangUp: (callId) => bridge.hangUp(callId),
    dial: (to) => bridge.dial(to),
  };
}
