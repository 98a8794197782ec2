/**
 * What is measured of one call, always: counters, the time each hop takes, turns and answers. Made
 * by the call's worker, shown by the page, sent every two seconds to
 *
 *   POST /api/calls/{id}/figures     CallFigures; the newest replaces the one before
 *
 * whence they reach GET /api/calls/{id} and GET /metrics. Everything counts from the call's
 * beginning, so that a lost message loses nothing. Times of turns and answers are milliseconds
 * since the call was answered.
 */
import type { HistogramFigures } from './histogram.ts';

export interface MediaCounters {
  /** 20 ms frames handed to the agent's socket. */
  readonly framesToAgent: number;
  /** Frames that found no open socket within a second, or a socket that did not drain. */
  readonly framesDropped: number;
  /** Bytes the browser holds back because the agent's side does not take them. */
  readonly socketBacklogBytes: number;
  /** RTP packets of audio that arrived. */
  readonly packets: number;
  readonly concealedMs: number;
  readonly silenceMs: number;
  readonly late: number;
  /** How much slower (+) or faster (−) the phone's clock is; null until it can be told. */
  readonly skewPpm: number | null;
  /** Added and left out of the caller's audio to keep it in step with this machine's clock. */
  readonly addedMs: number;
  readonly leftOutMs: number;
  readonly bytesFromAgent: number;
  readonly textFromAgent: number;
  /** Audio of the agent that waits to be played. */
  readonly queuedMs: number;
  /** Audio of the agent that went out to the caller. */
  readonly playedMs: number;
  /** Times the agent's audio ran dry in the middle of an utterance. */
  readonly underruns: number;
  /** What must be queued for now before an answer starts: it grows with underruns. */
  readonly cushionMs: number;
  /** Samples of the agent that did not fit into 16 bits, before or after resampling. */
  readonly clipped: number;
  /** Answers cut short, by the agent or here. */
  readonly cuts: number;
  /** Audio thrown away because the caller spoke over it. */
  readonly flushedMs: number;
  /** Bytes of a cut answer that came after the cut. */
  readonly staleBytes: number;
  /** Times the playout clock was behind by more than it can catch up with. */
  readonly resyncs: number;
  /** Audio of the agent lost because the queue was full: it was minutes ahead. */
  readonly overflowMs: number;
  /** Frames the browser's track did not take in time. */
  readonly framesSkipped: number;
}

export const NO_COUNTERS: MediaCounters = {
  framesToAgent: 0,
  framesDropped: 0,
  socketBacklogBytes: 0,
  packets: 0,
  concealedMs: 0,
  silenceMs: 0,
  late: 0,
  skewPpm: null,
  addedMs: 0,
  leftOutMs: 0,
  bytesFromAgent: 0,
  textFromAgent: 0,
  queuedMs: 0,
  playedMs: 0,
  underruns: 0,
  cushionMs: 0,
  clipped: 0,
  cuts: 0,
  flushedMs: 0,
  staleBytes: 0,
  resyncs: 0,
  framesSkipped: 0,
  overflowMs: 0,
};

export interface Hops {
  /** RTP packet received by the browser → its audio written to the agent's socket. */
  readonly receiveToSocket: HistogramFigures;
  /** First bytes of an answer read from the socket → it may be played: start cushion, a line not open yet. */
  readonly playoutWait: HistogramFigures;
  /** The answer may be played → its first frame taken by the RTP sender: the way itself. */
  readonly socketToRtp: HistogramFigures;
  /** How much later than due a frame of the agent went out. */
  readonly playoutLate: HistogramFigures;
  /** barge_in read from the socket → last frame of the cut answer. */
  readonly flush: HistogramFigures;
  /** The caller's last sound → the agent's first. */
  readonly turn: HistogramFigures;
}

export type HopName = keyof Hops;

export const HOP_NAMES = [
  'receiveToSocket',
  'playoutWait',
  'socketToRtp',
  'playoutLate',
  'flush',
  'turn',
] as const satisfies readonly HopName[];

export interface Turn {
  readonly id: number;
  /** Absent when the agent spoke unasked, as in a greeting. */
  callerStartedMs?: number;
  callerEndedMs?: number;
  agentStartedMs?: number;
  agentEndedMs?: number;
  /** The caller's last sound → the agent's first. */
  latencyMs?: number;
  /** The answer that began here. */
  answer?: number;
  /** The agent's first sound came while the caller was speaking. */
  overlapped?: true;
  /** Who cut the answer short. */
  cutBy?: CutBy;
  /** What the agent itself says it took. */
  claims?: TurnClaims;
}

/** The agent by an event of its own, or a person: at the page, or through the API. */
export type CutBy = 'agent' | 'page' | 'api';

export interface TurnClaims {
  readonly totalMs?: number;
  readonly llmMs?: number;
  readonly ttsMs?: number;
}

/** What became of one answer of the agent. */
export interface AnswerFigures {
  readonly id: number;
  /** Its first bytes came. */
  readonly receivedMs: number;
  /** Its first and its last sample went out to the caller. */
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** Lengths: of what came, of what the caller heard of it, of what they did not. */
  readonly sentMs: number;
  readonly heardMs: number;
  readonly cutMs: number;
}

export interface CallFigures {
  readonly counters: MediaCounters;
  readonly hops: Hops;
  /** The newest ones, oldest first. */
  readonly turns: readonly Turn[];
  readonly answers: readonly AnswerFigures[];
}

/** How many turns and answers are sent. */
export const SENT_TURNS = 20;
