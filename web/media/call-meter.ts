/**
 * The always-on figures of one call, kept in the worker beside the audio they are about: a few
 * additions per frame, and a message every two seconds.
 */
import { TurnMeter } from '../../audio/turn-meter.ts';
import {
  SENT_TURNS,
  type AnswerFigures,
  type CallFigures,
  type MediaCounters,
  type TurnClaims,
} from '../../common/figures.ts';
import { Histogram } from '../../common/histogram.ts';
import type { AgentEvent } from '../../agent/dialects/types.ts';
import type { Answer } from '../../audio/play-ledger.ts';
import type { AgentAudio } from './agent-audio.ts';
import type { EncodedFrame } from './caller-audio.ts';

export class CallMeter {
  readonly turns: TurnMeter;
  readonly #receiveToSocket = new Histogram();
  readonly #socketToRtp = new Histogram();
  readonly #turn = new Histogram();
  readonly #sampleRate: number;
  #framesSent = 0;
  #startedAt: number | undefined;

  /** @param onNews something that is worth showing before the next regular figures. */
  constructor(sampleRate: number, onNews: () => void) {
    this.#sampleRate = sampleRate;
    this.turns = new TurnMeter({
      sampleRate,
      onAnswer: ({ latencyMs }) => {
        if (latencyMs !== undefined) this.#turn.record(latencyMs);
        onNews();
      },
    });
  }

  start(now: number): void {
    this.#startedAt = now;
    this.turns.start(now);
  }

  /** Milliseconds since the answer; undefined while it rings. */
  timeOf(now: number): number | undefined {
    return this.#startedAt === undefined ? undefined : now - this.#startedAt;
  }

  /** A packet has been dealt with; what of it went out counts from when the browser received it. */
  wroteToSocket({ metadata }: EncodedFrame, framesSent: number): void {
    const hasSent = framesSent !== this.#framesSent;
    this.#framesSent = framesSent;
    const { receiveTime } = metadata;
    if (hasSent && receiveTime !== undefined) {
      this.#receiveToSocket.record(performance.now() - receiveTime);
    }
  }

  /** The track has taken the first frame of an answer that found nothing queued. */
  tookAnswer(sinceReadyMs: number): void {
    this.#socketToRtp.record(sinceReadyMs);
  }

  claim(event: Extract<AgentEvent, { type: 'turn_complete' }>): void {
    const { totalLatencyMs, llmLatencyMs, ttsLatencyMs } = event;
    const claims: TurnClaims = {
      ...(totalLatencyMs !== undefined && { totalMs: totalLatencyMs }),
      ...(llmLatencyMs !== undefined && { llmMs: llmLatencyMs }),
      ...(ttsLatencyMs !== undefined && { ttsMs: ttsLatencyMs }),
    };
    if (Object.keys(claims).length > 0) this.turns.claim(claims);
  }

  read(counters: MediaCounters, agent: AgentAudio): CallFigures {
    return {
      counters,
      hops: {
        receiveToSocket: this.#receiveToSocket.read(),
        playoutWait: agent.playoutWait.read(),
        socketToRtp: this.#socketToRtp.read(),
        playoutLate: agent.playoutLate.read(),
        flush: agent.flushTime.read(),
        turn: this.#turn.read(),
      },
      turns: this.turns.turns.slice(-SENT_TURNS),
      answers: agent.ledger.answers.slice(-SENT_TURNS).map((answer) => this.#figuresOf(answer)),
    };
  }

  #figuresOf({ id, receivedAt, startedAt, endedAt, samples, heard, cut }: Answer): AnswerFigures {
    const ms = (count: number) => (count * 1_000) / this.#sampleRate;
    const since = (at: number) => at - (this.#startedAt ?? at);
    return {
      id,
      receivedMs: since(receivedAt),
      ...(startedAt !== undefined && { startedMs: since(startedAt) }),
      ...(endedAt !== undefined && { endedMs: since(endedAt) }),
      sentMs: ms(samples),
      heardMs: ms(heard),
      cutMs: ms(cut),
    };
  }
}
