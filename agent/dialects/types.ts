/**
 * A dialect is how one kind of agent is spoken to over a WebSocket: its address, its first messages,
 * how audio is wrapped each way, and what else may be said. Dialects are pure and know no socket, so
 * that the page, the server and the tests run the very same code.
 *
 * What an agent says beside audio ends in ONE model of events, whatever the wire calls it: the
 * worker, the page and the server read these and never the wire's own names. Fields the agent left
 * out or filled with another type than documented are absent.
 */
import type { DialectName } from '../../common/api.ts';

export type AgentEvent =
  /** A partial replaces the one before it until `final`. */
  | {
      readonly type: 'transcript';
      readonly text: string;
      readonly final: boolean;
      readonly confidence?: number;
    }
  | { readonly type: 'llm_started' }
  | { readonly type: 'llm_response'; readonly text: string; readonly latencyMs?: number }
  | { readonly type: 'speech_started'; readonly text?: string }
  | { readonly type: 'speech_ended' }
  | {
      readonly type: 'turn_complete';
      readonly llmLatencyMs?: number;
      readonly ttsLatencyMs?: number;
      readonly totalLatencyMs?: number;
      readonly transcript?: string;
    }
  /** The caller spoke over the agent: audio not yet played is to be thrown away at once. */
  | {
      readonly type: 'barge_in';
      readonly message?: string;
      readonly timestamp?: number | string;
    }
  /** A place in the agent's audio: the agent wants to know when the caller has heard up to it. */
  | { readonly type: 'mark'; readonly name?: string }
  | {
      readonly type: 'error';
      readonly message: string;
      readonly code?: string;
      readonly component?: string;
      readonly recoverable?: boolean;
    }
  | { readonly type: 'heartbeat' }
  /** `output` is what the greeting says about the audio to come; what it leaves out is configured. */
  | { readonly type: 'session_started'; readonly output?: AudioFormat }
  /** The agent will end the session soon. */
  | { readonly type: 'session_ending'; readonly message?: string }
  | { readonly type: 'call_ended'; readonly durationSeconds?: number; readonly outcome?: string }
  /** A message with a type this version does not know: shown, never fatal. */
  | { readonly type: 'unknown'; readonly name: string; readonly raw: string }
  /** Not a message of the dialect at all; `reason` says why. */
  | { readonly type: 'bad_frame'; readonly reason: string; readonly raw: string };

export interface AudioFormat {
  readonly encoding?: 's16le' | 'f32le';
  readonly sampleRate?: number;
}

/** What one message of the agent was: audio or an event, never both. */
export type Received =
  /** PCM in the session's output format; chunks may end inside a sample. */
  | { readonly audio: Uint8Array; readonly event?: undefined; readonly reply?: undefined }
  | {
      readonly event: AgentEvent;
      readonly audio?: undefined;
      /** To be sent at once. */
      readonly reply?: string;
    };

/** What the bridge may have to say beside audio. */
export type Control =
  | { readonly type: 'dtmf'; readonly digit: string }
  /** The caller has heard everything before this mark, or it was thrown away. */
  | { readonly type: 'played'; readonly mark?: string }
  /** The call is over; the socket closes right after. */
  | { readonly type: 'end' };

export interface Dialect {
  readonly name: DialectName;
  /** Caller → agent: mono frames, as they are before `encode`; lengths count 16-bit samples. */
  readonly input: {
    readonly sampleRate: number;
    readonly minFrameBytes: number;
    readonly maxFrameBytes: number;
  };
  /** Agent → caller, where the protocol fixes it; undefined = by configuration or greeting. */
  readonly output?: Required<AudioFormat>;
  /** Whether a text frame may ever be sent to the agent. */
  readonly sendsText: boolean;
  /** What it has a word for beside audio; anything else is never sent. */
  readonly controls: readonly Control['type'][];
  /** The agent speaks first: audio waits until it has, for it may name the rate it wants. */
  readonly greets: boolean;
  /**
   * Whether audio of a cut answer may still come after `barge_in`, from another task of the agent;
   * false where whoever sends the audio sends the cut, so that all that follows is new.
   */
  readonly hasStragglers: boolean;
  /** Close codes by which the agent says that it is done and wants no new connection. */
  readonly goodbyeCodes: readonly number[];
  /** The address for one call: base URL, the call's own id, and what the agent asks for. */
  readonly urlFor: (
    base: string,
    callId: string,
    query?: Readonly<Record<string, string>>,
  ) => string;
  /** The state of one connection; a new connection begins a new session. */
  readonly start: (call: DialectCall) => DialectSession;
}

export interface DialectCall {
  readonly callId: string;
  /** 0 for the call's first connection to the agent, 1 after it was lost once, … */
  readonly attempt: number;
}

export interface DialectSession {
  /** Messages that were no part of the dialect. */
  readonly badFrames: number;
  /** To be sent when the socket is open, before anything else. */
  readonly opening: () => readonly string[];
  /** One frame at `input.sampleRate`; the result may be a view that is valid until the next call. */
  readonly encode: (frame: Int16Array) => Int16Array | string;
  /** One message of the agent; never throws, whatever comes in. */
  readonly receive: (message: Uint8Array | string) => Received;
  /** The message to send, or undefined when this dialect has no word for it: then send nothing. */
  readonly control: (control: Control) => string | undefined;
}
