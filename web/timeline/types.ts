/**
 * What stands on one call's time axis. Times are milliseconds since the call was answered, negative
 * for what came before; everything is plain data, the same for a call that is going on and for one
 * that was opened from a file.
 */
import type { Turn } from '../../common/figures.ts';
import type { LogLevel } from '../../common/log.ts';

/** Whose voice. */
export type Side = 'caller' | 'agent';

export const ENTRY_KINDS = [
  /** The call itself: rings, answered, ended. */
  'call',
  /** What was said, as the agent tells it: the caller's words, and its own. */
  'transcript',
  'barge-in',
  'dtmf',
  'hold',
  'sip',
  /** The agent's WebSocket: opens, closes. */
  'socket',
  /** Nothing came for so long that silence was put in. */
  'gap',
  /** Lost packets were made up for. */
  'concealed',
  'error',
  'note',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface Entry {
  /** Of this timeline alone, growing. */
  readonly id: number;
  readonly kind: EntryKind;
  readonly at: number;
  /** Of what lasts; an entry that is going on has none yet. */
  readonly endAt?: number;
  readonly side?: Side;
  readonly level: LogLevel;
  /** One line for a person. */
  readonly text: string;
  /** A row of docs/reference/errors.md. */
  readonly code?: string;
  /** A transcript that may still change. */
  readonly isPartial?: true;
  /** More lines for whoever looks closer: a SIP message, an agent's own words. */
  readonly detail?: string;
}

export type NewEntry = Omit<Entry, 'id'>;

/** One turn: what the caller heard of it, and what the agent told of what lies between. */
export interface TurnSpan extends Turn {
  /** The caller's words became final. */
  readonly transcriptMs?: number;
  readonly llmStartedMs?: number;
  readonly llmEndedMs?: number;
  /** First bytes of the answer, at the page. */
  readonly audioMs?: number;
  /** Lengths of the answer's audio: all of it, and what the caller heard. */
  readonly sentMs?: number;
  readonly heardMs?: number;
  readonly said?: string;
  readonly answered?: string;
}

/** One way over one leg of the call, told by whoever receives it. */
export type StreamName = 'fromPhone' | 'toPage' | 'fromPage' | 'toPhone';

export interface StreamFigures {
  /** Of the packets of this second, per cent. */
  readonly lossPercent?: number;
  readonly jitterMs?: number;
  readonly roundTripMs?: number;
  /** 1 to 4.5, estimated from the three (mos.ts). */
  readonly mos?: number;
}

/** The figures of one second. */
export interface Sample {
  readonly at: number;
  readonly streams: Readonly<Partial<Record<StreamName, StreamFigures>>>;
  /** Audio of the agent that waits to be played. */
  readonly playoutMs?: number;
  /** Bytes that the agent's socket has not taken. */
  readonly socketBytes?: number;
  /** How much slower (+) or faster (−) the phone's clock is. */
  readonly skewPpm?: number;
}
