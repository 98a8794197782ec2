/**
 * What a call did to a voice, measured at its edges: RTP at the phone, PCM at the agent's socket.
 * Both directions are aligned by correlation, so a latency is that of a known sample and not of
 * "some audio". Pure: lists of packets and frames with their times (performance.now(), one clock).
 */
import { compare, idealCallerToAgent, type Comparison } from '../../audio/compare.ts';
import type { Law } from '../../audio/g711.ts';
import { Resampler } from '../../audio/resampler.ts';
import { concat } from '../../audio/concat.ts';

const AGENT_RATE = 16_000;
const PHONE_RATE = 8_000;
/** Samples in a packet of 20 ms. */
const PACKET = 160;
/** Samples at 16 kHz per sample at 8 kHz. */
const RATIO = AGENT_RATE / PHONE_RATE;

export interface LatencyMs {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface Heard {
  readonly correlation: number;
  readonly snrDb: number;
  readonly gainDb: number;
  readonly latencyMs: LatencyMs;
}

export interface CallerToAgent extends Heard {
  readonly frames: number;
  readonly framesPerSecond: number;
}

export interface SentAudio {
  /** 8 kHz, from the first packet on. */
  readonly samples: Int16Array;
  readonly law: Law;
  /** When each packet of 20 ms left, in order. */
  readonly packetTimes: readonly number[];
  /**
   * What was said, each piece looked for by itself: a pause between two may be heard a little longer or
   * shorter (what came late is taken back in one). All of it is one piece when left out.
   */
  readonly pieces?: readonly Piece[];
}

/** Samples. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

export interface AgentFrame {
  readonly timeMs: number;
  readonly samples: Int16Array;
}

/** @param frames every frame the agent's socket received in the call, in order. */
export function measureCallerToAgent(
  sent: SentAudio,
  frames: readonly AgentFrame[],
): CallerToAgent {
  const heard = concat(frames.map(({ samples }) => samples));
  const ideal = idealCallerToAgent(sent.samples, sent.law);
  const { pieces = [{ from: 0, to: sent.samples.length }] } = sent;
  const found = pieces.map(({ from, to }) => {
    const result = compare(ideal.subarray(from * RATIO, to * RATIO), heard);
    return { from, result, lag: result.offset - from * RATIO };
  });
  const starts: number[] = [];
  let total = 0;
  for (const { samples } of frames) {
    starts.push(total);
    total += samples.length;
  }
  const latencies: number[] = [];
  const packets = Math.floor(sent.samples.length / PACKET);
  let frame = 0;
  for (let packet = 0; packet < packets; packet++) {
    const sentAt = sent.packetTimes[packet];
    const { lag = 0 } = found.findLast(({ from }) => from <= packet * PACKET) ?? found[0] ?? {};
    const position = Math.max(0, packet * PACKET * RATIO + Math.floor(lag));
    while ((starts[frame + 1] ?? Infinity) <= position) frame++;
    while (frame > 0 && (starts[frame] ?? 0) > position) frame--;
    const arrived = frames[frame];
    if (sentAt === undefined || !arrived || position >= total) break;
    latencies.push(arrived.timeMs - sentAt);
  }
  const worst = worstOf(found.map(({ result }) => result));
  return {
    frames: frames.length,
    framesPerSecond: rateOf(frames),
    ...quality(worst),
    latencyMs: latencyOf(latencies),
  };
}

/**
 * Without the first second: the call's time counts from its answer, and what of it precedes the first
 * packet comes with that.
 */
function rateOf(frames: readonly AgentFrame[]): number {
  const [start, last] = [frames[0], frames.at(-1)];
  if (start === undefined || last === undefined) return 0;
  const steady = frames.findIndex(({ timeMs }) => timeMs - start.timeMs >= 1000);
  const first = frames[steady];
  if (first === undefined || first === last) return 0;
  return round(((frames.length - 1 - steady) * 1000) / (last.timeMs - first.timeMs), 2);
}

export interface AgentAnswer {
  /** When its first byte was written to the socket. */
  readonly startedAtMs: number;
  /** 16 kHz. */
  readonly samples: Int16Array;
}

export interface PhoneRecording {
  /** 8 kHz, on the RTP time axis. */
  readonly samples: Int16Array;
  readonly packets: readonly { readonly arrivalMs: number; readonly sample: number }[];
}

/** Each answer is looked for by itself; the figures are those of the worst one. */
export function measureAgentToCaller(
  answers: readonly AgentAnswer[],
  recording: PhoneRecording,
): Heard {
  const latencies: number[] = [];
  const results = answers.map(({ samples, startedAtMs }) => {
    const down = new Resampler({ from: AGENT_RATE, to: PHONE_RATE });
    const delay = Math.round(down.delaySamples);
    const reference = Int16Array.from(down.process(samples)).subarray(delay);
    const result = compare(reference, recording.samples);
    // The first audible sample may lie a resampler's delay before the aligned one.
    const position = Math.round(result.offset);
    const packet = recording.packets.find(
      ({ sample }) => sample <= position && position < sample + 160,
    );
    if (packet) latencies.push(packet.arrivalMs - startedAtMs);
    return result;
  });
  return {
    ...quality(worstOf(results)),
    latencyMs: latencyOf(latencies),
  };
}

export function latencyOf(values: readonly number[]): LatencyMs {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0, 2);
  return { n: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function worstOf(results: readonly Comparison[]): Comparison {
  const [first, ...others] = results;
  if (first === undefined) return { offset: 0, correlation: 0, snrDb: 0, gainDb: 0 };
  return others.reduce((low, each) => (low.correlation <= each.correlation ? low : each), first);
}

function quality({ correlation, snrDb, gainDb }: Comparison): Omit<Heard, 'latencyMs'> {
  return {
    correlation: round(correlation, 4),
    // JSON knows no Infinity; beyond this nobody can tell anyway.
    snrDb: round(Math.min(snrDb, 120), 1),
    gainDb: round(gainDb, 2),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
