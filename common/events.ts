/**
 * What happens in the bridge, one object per happening, as clients of the bridge see it: GET
 * /api/events sends each as a server-sent event named by its type, beside `status` (common/api.ts),
 * which says how things are. Every part that has something to tell adds a member here.
 */
import type { CallStatus } from './api.ts';
import type { Turn } from './figures.ts';

import type { ErrorCode } from './errors.ts';

interface Happening {
  /** ISO 8601, when it happened. */
  readonly at: string;
}

/** One key press, however it travelled, told once. */
export interface DtmfEvent extends Happening {
  readonly type: 'dtmf';
  readonly callId: string;
  readonly digit: string;
  readonly durationMs: number;
  /** RFC 4733 packets among the audio, or a SIP INFO. */
  readonly source: 'rtp' | 'info';
  readonly from: 'phone' | 'page';
}

/** An instant message (RFC 3428, https://www.rfc-editor.org/rfc/rfc3428). */
export interface InstantMessageEvent extends Happening {
  readonly type: 'message';
  /** user@domain. */
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** One SIP message of one leg, as sent or received by the SIP server. Secrets are masked by `*`. */
export interface SipEvent extends Happening {
  readonly type: 'sip';
  /** The call it belongs to; of a message outside calls (REGISTER, OPTIONS) its own Call-ID. */
  readonly callId: string;
  /** The Call-ID in the message: each leg of a call has its own. */
  readonly sipCallId: string;
  readonly leg: 'phone' | 'page';
  /** As the SIP server sees it: `in` is from the phone or the page. */
  readonly direction: 'in' | 'out';
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws';
  /** address:port of the SIP server and of the other side. */
  readonly local: string;
  readonly remote: string;
  /** The message in a line: `INVITE sip:1001@127.0.0.1`, `200 OK (INVITE)`. */
  readonly summary: string;
  /** The whole message. */
  readonly text: string;
}

/** A call rings, is answered, is put on hold or taken off it, or has ended. */
export interface CallEvent extends Happening {
  readonly type: 'call';
  readonly callId: string;
  readonly call: CallStatus;
}

/** A call's connection to its agent, and what can be told of the agent from how audio flows. */
export interface AgentLinkEvent extends Happening {
  readonly type: 'agent';
  readonly callId: string;
  /** A failed connection never opened; a remark is about one that is open. */
  readonly what: 'connected' | 'failed' | 'closed' | 'remark';
  /** For a person: what happened and what to change. */
  readonly sentence: string;
  readonly code?: ErrorCode;
  /** Of `connected`: from the first try to an open connection. */
  readonly tookMs?: number;
  /** Of `connected`: the parameters in the agent's address; what may be a secret is masked. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Whether a call's audio flows, and when it does not, why: told when that changes. */
export interface MediaEvent extends Happening {
  readonly type: 'media';
  readonly callId: string;
  /** `silent`: it flowed, and has stopped; `failed`: it never came up, or cannot come back. */
  readonly state: 'flowing' | 'silent' | 'failed';
  readonly code?: ErrorCode;
  /** What is wrong and what to do, for a person. */
  readonly sentence: string;
}

/** How the RTP of a call's two sides arrives at the media engine, since it was last told. */
export interface NetworkEvent extends Happening {
  readonly type: 'network';
  readonly callId: string;
  readonly phone?: RtpArrival;
  readonly page?: RtpArrival;
}

export interface RtpArrival {
  readonly lossPercent: number;
  readonly jitterMs: number;
}

/** The agent has begun to answer: how long the caller has waited, as they hear it. */
export interface TurnEvent extends Happening {
  readonly type: 'turn';
  readonly callId: string;
  readonly turn: Turn;
}

/** Whatever the agent is saying is to end: the page of the call obeys. */
export interface InterruptEvent extends Happening {
  readonly type: 'interrupt';
  readonly callId: string;
}

/** The configuration has changed: what GET /api/config says now holds for calls to come. */
export interface ConfigEvent extends Happening {
  readonly type: 'config';
}

export type BridgeEvent =
  | ConfigEvent
  | DtmfEvent
  | InstantMessageEvent
  | SipEvent
  | CallEvent
  | AgentLinkEvent
  | MediaEvent
  | NetworkEvent
  | TurnEvent
  | InterruptEvent;

export type BridgeEventType = BridgeEvent['type'];
