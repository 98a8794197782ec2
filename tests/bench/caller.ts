/**
 * What the caller of a bench says, and how what the agent heard is told apart: a sweep, of which
 * every stretch fits in one place only. Its first second is left out: it belongs to the setup of
 * the call, where packets wait for a handshake.
 */
import {
  measureCallerToAgent,
  type AgentFrame,
  type CallerToAgent,
} from '../../server/demo/measure.ts';
import { sweep } from '../support/signals.ts';
import type { AgentSession } from '../support/test-agent.ts';

const RATE = 8000;
const SETTLE_SECONDS = 1;
const SETTLE_PACKETS = SETTLE_SECONDS * 50;

export class Caller {
  readonly samples: Int16Array;
  readonly packetTimes: number[] = [];

  constructor(seconds: number) {
    this.samples = sweep({
      sampleRate: RATE,
      seconds: SETTLE_SECONDS + seconds,
      fromHz: 300,
      toHz: 3300,
      amplitude: 0.5,
    });
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
        samples: this.samples.slice(SETTLE_SECONDS * RATE),
        law: 'pcmu',
        packetTimes: this.packetTimes.slice(SETTLE_PACKETS),
      },
      frames,
    );
  }

  /** Frames a second from the second second on to the end of the speech, and the longest pause. */
  pace(times: readonly number[]): { perSecond: number; longestGapMs: number; n: number } {
    const from = (this.packetTimes[0] ?? 0) + SETTLE_SECONDS * 1000;
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
