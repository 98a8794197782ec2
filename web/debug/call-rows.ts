/** Calls and turns as flat rows: what `console.table` shows well. */
import type { Turn } from '../../common/figures.ts';
import { percentileOf } from '../../common/histogram.ts';
import type { Call } from '../bridge/call.ts';

export interface CallRow {
  readonly callId: string;
  readonly caller: string;
  readonly dialled: string;
  readonly state: string;
  readonly seconds: number;
  readonly agent: string;
  readonly capture: string | undefined;
  readonly framesToAgent: number;
  readonly framesPerSecond: number;
  readonly packets: number;
  readonly concealedMs: number;
  readonly silenceMs: number;
  readonly late: number;
  readonly skewPpm: number | null;
  readonly socketBacklogBytes: number;
  readonly queuedMs: number;
  readonly playedMs: number;
  readonly underruns: number;
  readonly turns: number;
  readonly turnP50Ms: number | undefined;
  readonly turnP95Ms: number | undefined;
  readonly toSocketP95Ms: number | undefined;
}

export interface TurnRow {
  readonly turn: number;
  readonly callerStarted: number | undefined;
  readonly callerEnded: number | undefined;
  readonly agentStarted: number | undefined;
  readonly agentEnded: number | undefined;
  readonly latencyMs: number | undefined;
  readonly agentSaysMs: number | undefined;
  readonly cutBy: string | undefined;
}

export function callRow(call: Call): CallRow {
  const { counters, figures } = call;
  return {
    callId: call.id,
    caller: call.caller,
    dialled: call.dialled,
    state: call.state,
    seconds: Math.round(call.durationMs() / 1_000),
    agent: call.socket.state,
    capture: call.capture,
    framesToAgent: counters.framesToAgent,
    framesPerSecond: rounded(call.frameRate) ?? 0,
    packets: counters.packets,
    concealedMs: counters.concealedMs,
    silenceMs: counters.silenceMs,
    late: counters.late,
    skewPpm: counters.skewPpm,
    socketBacklogBytes: counters.socketBacklogBytes,
    queuedMs: counters.queuedMs,
    playedMs: counters.playedMs,
    underruns: counters.underruns,
    turns: call.timeline.turns.length,
    turnP50Ms: figures && rounded(percentileOf(figures.hops.turn, 0.5)),
    turnP95Ms: figures && rounded(percentileOf(figures.hops.turn, 0.95)),
    toSocketP95Ms: figures && rounded(percentileOf(figures.hops.receiveToSocket, 0.95)),
  };
}

export function turnRow(turn: Turn): TurnRow {
  return {
    turn: turn.id,
    callerStarted: rounded(turn.callerStartedMs),
    callerEnded: rounded(turn.callerEndedMs),
    agentStarted: rounded(turn.agentStartedMs),
    agentEnded: rounded(turn.agentEndedMs),
    latencyMs: rounded(turn.latencyMs),
    agentSaysMs: rounded(turn.claims?.totalMs),
    cutBy: turn.cutBy,
  };
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}
