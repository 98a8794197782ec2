/** The counters of a call, read off whoever counts. */
import type { MediaCounters } from '../../common/figures.ts';
import type { AgentAudio } from './agent-audio.ts';
import type { AgentSocket } from './agent-socket.ts';
import type { CallerAudio } from './caller-audio.ts';

export interface Counted {
  readonly caller: CallerAudio;
  readonly agent: AgentAudio;
  readonly socket: AgentSocket;
  readonly textFromAgent: number;
  readonly framesSkipped: number;
}

export function readCounters(from: Counted): MediaCounters {
  const { caller, agent, socket, textFromAgent, framesSkipped } = from;
  const { concealedMs, silenceMs, late, addedMs, leftOutMs } = caller.timeline.counters;
  return {
    framesToAgent: socket.framesSent,
    framesDropped: socket.framesDropped,
    socketBacklogBytes: socket.backlogBytes,
    packets: caller.packets,
    concealedMs,
    silenceMs,
    late,
    skewPpm: caller.timeline.skewPpm ?? null,
    addedMs,
    leftOutMs,
    bytesFromAgent: agent.bytes,
    textFromAgent,
    queuedMs: agent.toMs(agent.queue.queuedSamples),
    playedMs: agent.toMs(agent.queue.playedSamples),
    underruns: agent.queue.underruns,
    cushionMs: agent.toMs(agent.queue.cushionSamples),
    clipped: agent.clipped,
    cuts: agent.gate.generation,
    flushedMs: agent.toMs(agent.flushedSamples),
    staleBytes: agent.gate.droppedBytes,
    resyncs: agent.schedule.resyncs,
    framesSkipped,
    overflowMs: agent.toMs(agent.overflowSamples),
  };
}
