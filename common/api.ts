/**
 * What the server tells the page and any other client over HTTP, as types shared by both sides.
 *
 *   GET /api/config   → PageConfig   read once by the page at start
 *   GET /api/status   → Status       a snapshot
 *   GET /api/doctor   → DoctorReport what stands in the way, as far as the bridge can see
 *   GET /api/events   → SSE: `status` with a whole Status on each change, and one event for each
 *                       thing that happens (common/events.ts)
 */
import type { ErrorCode } from './errors.ts';
import type { SipEvent } from './events.ts';
import type { CallFigures } from './figures.ts';

/** What the page needs to register and to talk to the agent. */
export interface PageConfig {
  readonly version: string;
  readonly sip: {
    /** The page's address of record is sip:{user}@{domain}. */
    readonly user: string;
    readonly domain: string;
    /** Path of the SIP WebSocket (subprotocol `sip`) at the page's own origin. */
    readonly path: string;
    /** What the page logs in with; made for this run of the bridge. */
    readonly login: { readonly user: string; readonly password: string };
  };
  /** What a person types into the phone. */
  readonly phone: {
    readonly server: string;
    readonly domain: string;
    readonly username: string;
    /** Whether the phone must know the password that the bridge was started with. */
    readonly needsPassword: boolean;
    readonly transports: readonly ('udp' | 'tcp')[];
    /** The SIP server of phones that are set to TLS; undefined where there is none. */
    readonly tlsServer?: string;
  };
  readonly agent: AgentProfile;
  /** Of the extensions that have an agent of their own, by the extension's key. */
  readonly agents: Readonly<Record<string, AgentProfile>>;
  /** What calls begin with; the page can change it. */
  readonly capture: CaptureMode;
  /** How long the page rings before it answers. */
  readonly ringMs: number;
  /** Whether the page keeps calls without being asked to, and how much at most. */
  readonly recording: { readonly automatic: boolean; readonly limitMb: number };
}

/** How the page takes the caller's voice out of the connection (docs/reference/capture.md). */
export type Capture = 'encoded' | 'track' | 'worklet';
export const CAPTURE_MODES = ['auto', 'encoded', 'track', 'worklet'] as const;
export type CaptureMode = (typeof CAPTURE_MODES)[number];

/** The protocols of voice agents the bridge speaks (docs/reference/dialects.md). */
export type DialectName =
  'talky' | 'talky-ready' | 'talky-typed' | 'json-base64' | 'twilio-media-streams';

/** How the agent's WebSocket is spoken to. */
export interface AgentProfile {
  /** Path at the page's own origin; the call's id is appended, URI-encoded. */
  readonly path: string;
  /** The agent's address as a person knows it; `demo` is the built-in agent. */
  readonly name: string;
  readonly dialect: DialectName;
  /** Caller → agent. */
  readonly input: { readonly sampleRate: number; readonly frameMs: number };
  /** Agent → caller. */
  readonly output: {
    readonly encoding: 'auto' | 's16le' | 'f32le';
    readonly sampleRate: number;
  };
  /** The page connects to the agent by itself; where, GET /api/agent/{call id} says. */
  readonly direct: boolean;
  /** Connect while the phone still rings, so that no word is lost; else at the answer. */
  readonly earlyConnect: boolean;
}

export interface Registration {
  readonly aor: string;
  readonly contact: string;
  readonly kind: 'phone' | 'page';
  readonly userAgent: string;
  /** Where the REGISTER came from, address:port. */
  readonly source: string;
  readonly expiresAt: string;
  /** Whether a phone answered the last OPTIONS; missing while it was not asked. */
  readonly reachable?: boolean;
  readonly roundTripMs?: number;
}

export type CallState = 'ringing' | 'answered' | 'ended';

/** How a call ended; `completed` = it was answered. */
export type CallOutcome = 'completed' | 'busy' | 'declined' | 'no-answer' | 'cancelled' | 'failed';

export interface CallStatus {
  /** The phone leg's Call-ID: the id in /ws/voice/{id}, in every log line and in every file. */
  readonly callId: string;
  /** `inbound`: a phone dialled; `outbound`: the page did, by itself or for POST /api/calls. */
  readonly direction: 'inbound' | 'outbound';
  /** The key of the extension that decided where it goes. */
  readonly extension: string;
  readonly caller: string;
  readonly dialled: string;
  readonly state: CallState;
  readonly startedAt: string;
  readonly answeredAt?: string;
  /** Call-ID of the leg that got the call: of several pages that rang, this says which. */
  readonly answeredBy?: string;
  /** Which sides have put the other on hold. */
  readonly heldBy: readonly ('phone' | 'page')[];
  readonly endedAt?: string;
  readonly outcome?: CallOutcome;
  /** Why it ended, for a person. */
  readonly reason?: string;
  /** The SIP status it was refused with. */
  readonly status?: number;
}

/** A call as GET /api/calls/{id} tells it. */
export interface CallDetails extends CallStatus {
  /** CallFigures, the newest that its page has sent; an older page may count less. */
  readonly figures?: { readonly [name in keyof CallFigures]: object };
}

/** One part the bridge depends on: an engine or the agent. */
export interface PartStatus {
  readonly kind: 'embedded' | 'external';
  readonly address: string;
  readonly ok: boolean;
  /** When not ok: what is wrong and what to do, with its code. */
  readonly problem?: { readonly code: ErrorCode; readonly message: string };
}

/** A phone that has said something since the start of the bridge, registered or not. */
export interface PhoneSeen {
  readonly user: string;
  /** Where its SIP comes from, without the port. */
  readonly address: string;
  /** How its last REGISTER was answered; missing when none came. */
  readonly registerStatus?: number;
  /** Its answered calls that lasted for some seconds, and those of them in which RTP came from it. */
  readonly calls: number;
  readonly callsWithRtp: number;
}

/** What one check of the doctor found: a verdict, a sentence, and what to do about it. */
export interface Finding {
  /** What was looked at, in two or three words. */
  readonly check: string;
  readonly result: 'pass' | 'warn' | 'fail';
  readonly message: string;
  /** For anything but a pass. */
  readonly code?: ErrorCode;
  readonly todo?: string;
}

/** GET /api/doctor */
export interface DoctorReport {
  /** Nothing failed. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

export interface Status {
  readonly version: string;
  readonly registrations: readonly Registration[];
  readonly phones: readonly PhoneSeen[];
  readonly calls: readonly CallStatus[];
  readonly engines: { readonly drachtio: PartStatus; readonly rtpengine: PartStatus };
  readonly agent: PartStatus;
}

/** Every SIP message of both legs of a call, in the order in which they passed. */
export interface CallTrace {
  readonly callId: string;
  readonly messages: readonly SipEvent[];
}

/** POST /api/agent/{call id}: what the page has noticed about the call's agent. */
export interface AgentRemark {
  readonly code: ErrorCode;
  readonly sentence: string;
}

/** GET /api/agent/{call id}, where the call's agent is a `direct` one. */
export interface AgentAddress {
  readonly url: string;
}

/** Headers the bridge adds to the INVITE it sends to the page. */
export const HEADER_CALL_ID = 'X-Bridge-Call-ID';
export const HEADER_DIALLED = 'X-Bridge-Dialled';
export const HEADER_EXTENSION = 'X-Bridge-Extension';
/** How many pages are rung at the same time. */
export const HEADER_FORK = 'X-Bridge-Fork';

/** Event of the NOTIFY by which the bridge asks a page for a call; its body is a DialRequest. */
export const DIAL_EVENT = 'bridge-dial';

export interface DialRequest {
  readonly callId: string;
  readonly to: string;
  readonly extension: string;
}

/** Close codes of /ws/voice/{id} that come from the bridge, not from the agent. */
export const CLOSE_AGENT_UNREACHABLE = 4502;
export const CLOSE_AGENT_REFUSED = 4503;
