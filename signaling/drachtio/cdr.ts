/**
 * Call records for the applications that asked for them (`route|cdr:attempt` and so on): an INVITE
 * came or went, it was answered, the call is over. One application gets each record, in turn.
 */
import type { SipMessage } from '../sip/message.ts';
import type { App } from './admin-server.ts';
import { stackTime } from './core.ts';

export type CdrKind = 'attempt' | 'start' | 'stop';
export type CdrRole = 'uac' | 'uas' | 'proxy-uac' | 'proxy-uas';
export type CdrReason =
  | 'call-rejected'
  | 'call-canceled'
  | 'normal-release'
  | 'session-expired'
  | 'ackbye'
  | 'system-initiated-termination'
  | 'system-error-initiated-termination';

/** `source`: who caused it. `detail`: of a start the role, of a stop the reason. */
export interface Cdr {
  (kind: 'attempt', source: 'network' | 'application', message: SipMessage): void;
  (kind: 'start', source: 'network' | 'application', message: SipMessage, role: CdrRole): void;
  (kind: 'stop', source: 'network' | 'application', message: SipMessage, reason: CdrReason): void;
}

export function cdrTo(appFor: (verb: string) => App | undefined): Cdr {
  return (kind: CdrKind, source: string, message: SipMessage, detail?: string): void => {
    const app = appFor(`cdr:${kind}`);
    if (app === undefined) return;
    const fields = [`cdr:${kind}`, source, stackTime(), ...(detail === undefined ? [] : [detail])];
    app.event(fields, message.toBuffer());
  };
}

/** Why a call that the server ends itself is over. */
export function reasonOfOwn(text: string): CdrReason {
  if (text.startsWith('Session timer')) return 'session-expired';
  if (text.startsWith('ACK-BYE')) return 'ackbye';
  if (text === 'application disconnected') return 'system-error-initiated-termination';
  return 'system-initiated-termination';
}
