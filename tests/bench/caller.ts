/**
 * What the caller of a bench says, and how what the agent heard is told apart. Nothing is said in the
 * first second: it belongs to the setup of the call, where packets wait for a handshake.
 */
import { readFileSync } from 'node:fs';
import { idealCallerToAgent } from '../../audio/compare.ts';
import { readWav } from '../../audio/wav.ts';
import {
  measureCallerToAgent,
  type AgentFrame,
  type CallerToAgent,
} from '../../server/demo/measure.ts';
import { sweep } from '../support/signals.ts';
import { judgeConcealment, type Concealed } from './concealed.ts';
import type { AgentSession } from '../support/test-agent.ts';

const RATE = 8000;
const SETTLE_SECONDS = 1;

function sweepOf(seconds: number): Int16Array {
  return sweep({ sampleRate: RATE, seconds, fromHz: 300, toHz: 3300, amplitude: 0.5 });
}

/** A person speaking, 8 kHz; at most as long as the recording is. */
export function recordedSpeech(seconds: number): Int16Array {
  const file = new URL('../../agent/demo/caller.wav', import.meta.url);
  const [speech = new Int16Array(0)] = readWav(readFileSync(file)).channels;
  return speech.slice(0, seconds * RATE);
}

/** The same person for as long as is wanted. */
export function longSpeechOf(seconds: number): Int16Array {
  const speech = recordedSpeech(seconds);
  return Int16Array.from({ length: seconds * RATE }, (_, i) => speech[i % speech.length] ?? 0);
}

export class Caller {
  readonly samples: Int16Array;
  readonly packetTimes: number[] = [];
  readonly #settle: number;

  /**
   * @param speech what to say; a sweep, of which every stretch fits in one place only.
   * @param settle seconds of silence before
   */
  constructor(seconds: number, speech = sweepOf(seconds), settle = SETTLE_SECONDS) {
    this.#settle = settle;
    this.samples = new Int16Array(settle * RATE + speech.length);
    this.samples.set(speech, settle * RATE);
  }

  get durationMs(): number {
    return (this.samples.length / RATE) * 1000;
  }

  readonly sent = (_sequence: number, _timestamp: number, timeMs: number): void => {
    this.packetTimes.push(timeMs);
  };

  /** How much later than the packets the frames came, and how they sounded. */
  judge(frames: readonly AgentFrame[]): CallerToAgent {
    return measureCallerToAgent(
      {
        samples: this.samples.slice(this.#settle * RATE),
        law: 'pcmu',
        packetTimes: this.packetTimes.slice(this.#settle * 50),
      },
      frames,
    );
  }

  /** What concealment made of the packets that were lost on the way. */
  judgeConcealment(frames: readonly AgentFrame[], lost: readonly number[]): Concealed {
    const heard = Int16Array.from(frames.flatMap(({ samples }) => [...samples]));
    const spoken = lost.map((packet) => packet - this.#settle * 50).filter((packet) => packet >= 0);
    const ideal = idealCallerToAgent(this.samples.slice(this.#settle * RATE), 'pcmu');
    return judgeConcealment(ideal, heard, spoken);
  }

  /** Frames a second from the second second on to the end of the speech, and the longest pause. */
  pace(times: readonly number[]): { perSecond: number; longestGapMs: number; n: number } {
    const from = (this.packetTimes[0] ?? 0) + this.#settle * 1000;
    const to = (this.packetTimes[0] ?? 0) + this.durationMs;
    const within = times.filter((time) => time >= from && time <= to);
    const gaps = within.slice(1).map((time, i) => time - (within[i] ?? time));
    return {
      perSecond: rate(within),
      longestGapMs: Math.max(...gaps),
      n: within.length,
    };
  }
}

/** Slope of the fitted line, so that the jitter of the first and the last one does not count. */
function rate(timesMs: readonly number[]): number {
  const n = timesMs.length;
  const middle = timesMs.reduce((sum, time) => sum + time, 0) / n;
  let [product, square] = [0, 0];
  timesMs.forEach((time, i) => {
    product += (time - middle) * (i - (n - 1) / 2);
    square += (time - middle) ** 2;
  });
  return (1000 * product) / square;
}

export function framesOf({ frames, times }: AgentSession): AgentFrame[] {
  return frames.map((bytes, i) => ({
    timeMs: times[i] ?? 0,
    samples: new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
  }));
}
