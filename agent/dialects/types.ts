/**
 * What an agent can say beside audio, in one model for every dialect: the page's worker, the
 * timeline and the server read these and never the wire's own names. Fields the agent left out or
 * filled with another type than documented are absent.
 */
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
  | {
      readonly type: 'error';
      readonly message: string;
      readonly code?: string;
      readonly component?: string;
      readonly recoverable?: boolean;
    }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'session_started' }
  | { readonly type: 'call_ended'; readonly durationSeconds?: number; readonly outcome?: string }
  /** A message with a type this version does not know: shown, never fatal. */
  | { readonly type: 'unknown'; readonly name: string; readonly raw: string }
  /** Not a JSON object with a type at all; `reason` says why. */
  | { readonly type: 'bad_frame'; readonly reason: string; readonly raw: string };

/** The part of a dialect that is the same in the page and on the server. */
export interface Dialect {
  readonly name: 'talky';
  /** Caller → agent: mono s16le in binary frames, one frame per call of the framer. */
  readonly input: {
    readonly sampleRate: number;
    readonly minFrameBytes: number;
    readonly maxFrameBytes: number;
  };
  /** Whether a text frame may ever be sent to the agent. */
  readonly sendsText: boolean;
  /** The address for one call: base URL, the call's own id, and what the agent asks for. */
  readonly urlFor: (
    base: string,
    callId: string,
    query?: Readonly<Record<string, string>>,
  ) => string;
  /** One text frame of the agent; never throws. */
  readonly parse: (text: string) => AgentEvent;
  /** A sentence for a person. */
  readonly explainClose: (code: number, reason: string) => string;
}
