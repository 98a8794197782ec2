/**
 * What can be told of an agent from how audio and events flow, whatever it says itself: it listens
 * and never speaks, it speaks without end, it does not read. One remark per kind, in a sentence with
 * what to look at, for as long as it holds. Looked at once a second; pure, with the clock of whoever
 * asks.
 */
import type { ErrorCode } from '../../common/errors.ts';
import type { AgentEvent } from '../dialects/types.ts';

export interface Remark {
  readonly code: ErrorCode;
  readonly sentence: string;
}

/** How things are, with all counters since the call began. */
export interface FlowSample {
  readonly at: number;
  /** The agent's socket is open, and the call is answered. */
  readonly isOpen: boolean;
  /** Audio handed to the agent's socket. */
  readonly sentMs: number;
  /** Frames that were not sent, for whatever reason. */
  readonly droppedFrames: number;
  /** What the socket holds back. */
  readonly backlogBytes: number;
  readonly receivedBytes: number;
  /** The agent's audio as time, by the configured format. */
  readonly receivedMs: number;
  readonly queuedMs: number;
  /** Audio of the agent that was played, and its loudest sample. */
  readonly playedMs: number;
  readonly peakDbfs: number;
}

/** An agent that has not said a byte by then deserves a remark. */
const NO_AUDIO_MS = 8_000;
/** Answers that were announced and of which no byte came. */
const MUTE_ANSWERS = 2;
const ENDLESS_QUEUE_MS = 90_000;
const ENDLESS_WINDOW_MS = 15_000;
const ENDLESS_PACE = 1.5;
const SILENCE_MS = 5_000;
const SILENCE_DBFS = -60;
const OPEN_TURN_MS = 30_000;
/** Half a second of the caller's voice. */
const SLOW_BACKLOG_BYTES = 16_000;
/** How long a remark about lost frames stays. */
const SLOW_STAYS_MS = 10_000;

export class FlowDiagnosis {
  readonly #samples: FlowSample[] = [];
  #muteAnswers = 0;
  #bytesAtAnswer = 0;
  #turnOpenedAt: number | undefined;
  #slowUntil = -Infinity;
  #lostFrames = 0;

  onEvent({ type }: AgentEvent, now: number): void {
    switch (type) {
      case 'llm_started':
      case 'speech_started':
        this.#turnOpenedAt ??= now;
        return;
      case 'llm_response':
        this.#turnOpenedAt ??= now;
        this.#countAnswer();
        return;
      case 'turn_complete':
      case 'speech_ended':
      case 'mark':
      case 'barge_in':
      case 'call_ended':
        this.#turnOpenedAt = undefined;
        return;
      default:
        return;
    }
  }

  /** @returns every remark that holds now */
  look(sample: FlowSample): readonly Remark[] {
    const before = this.#samples.at(-1);
    this.#samples.push(sample);
    while (sample.at - (this.#samples[0]?.at ?? 0) > ENDLESS_WINDOW_MS) this.#samples.shift();
    if (before?.isOpen === true && sample.isOpen) this.#watchLosses(before, sample);
    if (!sample.isOpen) this.#turnOpenedAt = undefined;
    return [
      this.#noAudio(sample),
      this.#endless(sample),
      this.#silence(sample),
      this.#openTurn(sample),
      this.#slow(sample),
    ].filter((remark) => remark !== undefined);
  }

  #countAnswer(): void {
    const { receivedBytes = 0 } = this.#samples.at(-1) ?? {};
    this.#muteAnswers = receivedBytes > this.#bytesAtAnswer ? 1 : this.#muteAnswers + 1;
    this.#bytesAtAnswer = receivedBytes;
  }

  #watchLosses(before: FlowSample, { at, droppedFrames }: FlowSample): void {
    const lost = droppedFrames - before.droppedFrames;
    if (lost === 0) return;
    this.#lostFrames += lost;
    this.#slowUntil = at + SLOW_STAYS_MS;
  }

  #noAudio({ isOpen, sentMs, receivedBytes }: FlowSample): Remark | undefined {
    if (!isOpen) return undefined;
    if (receivedBytes === 0 && sentMs >= NO_AUDIO_MS) {
      return {
        code: 'AGENT_NO_AUDIO',
        sentence:
          `The agent accepted ${seconds(sentMs)} of audio and sent 0 bytes. The bridge is delivering;` +
          ' look at the agent’s own log for its speech recognition and its audio sender.',
      };
    }
    if (this.#muteAnswers > MUTE_ANSWERS && receivedBytes === this.#bytesAtAnswer) {
      return {
        code: 'AGENT_NO_AUDIO',
        sentence:
          `The agent has announced ${this.#muteAnswers - 1} answers and sent no audio for them: its` +
          ' audio sender has stopped, though it still listens. Restart the agent, and look at what' +
          ' ends that sender (a time limit of 100 ms without audio, for one).',
      };
    }
    return undefined;
  }

  #endless(sample: FlowSample): Remark | undefined {
    const [first = sample] = this.#samples;
    const came = sample.receivedMs - first.receivedMs;
    const passed = sample.at - first.at;
    if (sample.queuedMs < ENDLESS_QUEUE_MS || came < ENDLESS_PACE * passed) return undefined;
    return {
      code: 'AGENT_ENDLESS',
      sentence:
        `The agent is ${seconds(sample.queuedMs)} ahead of what the caller hears, and goes on sending` +
        ` ${pace(came / passed)} as fast as it can be played. Does its answer ever end?`,
    };
  }

  #silence({ playedMs, peakDbfs }: FlowSample): Remark | undefined {
    if (playedMs < SILENCE_MS || peakDbfs > SILENCE_DBFS) return undefined;
    return {
      code: 'AGENT_SILENCE',
      sentence:
        `${seconds(playedMs)} of the agent’s audio have been played, and all of it is silence: its` +
        ' text-to-speech yields nothing, or float samples are sent as integers.',
    };
  }

  #openTurn({ at, isOpen, queuedMs }: FlowSample): Remark | undefined {
    const openMs = at - (this.#turnOpenedAt ?? at);
    if (!isOpen || openMs < OPEN_TURN_MS || queuedMs > 0) return undefined;
    return {
      code: 'AGENT_OPEN_TURN',
      sentence:
        `The agent began an answer ${seconds(openMs)} ago and never said that it was complete,` +
        ' though all it sent has been played. It may be waiting for something itself.',
    };
  }

  #slow({ at, isOpen, backlogBytes }: FlowSample): Remark | undefined {
    if (!isOpen || (at > this.#slowUntil && backlogBytes < SLOW_BACKLOG_BYTES)) return undefined;
    const lost = this.#lostFrames === 0 ? '' : ` ${this.#lostFrames} frames were dropped.`;
    return {
      code: 'AGENT_SLOW',
      sentence:
        `The agent reads slower than the caller speaks.${lost} Look at what keeps it from its socket:` +
        ' work in its event loop, or a recognition that is slower than real time.',
    };
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function pace(factor: number): string {
  return `${factor.toFixed(1)} times`;
}
