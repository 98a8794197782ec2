import { describe, expect, it } from 'vitest';
import { concat } from '../../../audio/concat.ts';
import { StereoTape } from '../../../recording/stereo-tape.ts';

function tapeOf(callerRate: number, agentRate: number) {
  const blocks: Int16Array[] = [];
  const tape = new StereoTape({
    callerRate,
    agentRate,
    emit: (block) => blocks.push(block.slice()),
  });
  const channel = (which: 0 | 1) => concat(blocks).filter((_, i) => i % 2 === which);
  return { tape, blocks, channel };
}

const ramp = (length: number, from = 1) => Int16Array.from({ length }, (_, i) => from + i);

/** Frames of 20 ms. */
function* framesOf(samples: Int16Array, rate: number) {
  const size = rate / 50;
  for (let at = 0; at < samples.length; at += size) yield samples.subarray(at, at + size);
}

describe('StereoTape', () => {
  it('keeps the caller bit for bit and every sample of an agent at half the rate', () => {
    const { tape, channel } = tapeOf(16_000, 8_000);
    const caller = ramp(16_000);
    const agent = Int16Array.from({ length: 8_000 }, (_, i) =>
      Math.round(9_000 * Math.sin((2 * Math.PI * 700 * i) / 8_000)),
    );
    const agentFrames = [...framesOf(agent, 8_000)];
    [...framesOf(caller, 16_000)].forEach((frame, i) => {
      tape.hearCaller(frame);
      tape.hearAgent(agentFrames[i] ?? new Int16Array(), i * 20);
    });
    tape.finish();
    expect(channel(0)).toEqual(caller);
    // The resampler's last 28 samples are still inside it.
    expect(
      channel(1)
        .filter((_, i) => i % 2 === 0)
        .slice(0, 7_980),
    ).toEqual(agent.slice(0, 7_980));
  });

  it('has silence where the schedule of the agent jumped', () => {
    const { tape, channel } = tapeOf(8_000, 8_000);
    tape.hearAgent(ramp(160), 0);
    tape.hearAgent(ramp(160), 1_000);
    tape.hearCaller(ramp(9_000));
    tape.finish();
    const agent = channel(1);
    expect(agent.slice(0, 160)).toEqual(ramp(160));
    expect(agent.slice(160, 8_000)).toEqual(new Int16Array(7_840));
    expect(agent.slice(8_000, 8_160)).toEqual(ramp(160));
  });

  it('lets a side that was held up take its place, and goes on without one that stays away', () => {
    const { tape, channel, blocks } = tapeOf(8_000, 8_000);
    for (let i = 0; i < 150; i += 1) tape.hearAgent(ramp(160), i * 20);
    expect(blocks).toEqual([]);
    tape.hearCaller(ramp(24_000));
    expect(channel(0)).toEqual(ramp(24_000));
    for (let i = 150; i < 1_150; i += 1) tape.hearAgent(ramp(160), i * 20);
    expect(tape.frames).toBeGreaterThan(9 * 8_000);
    tape.hearCaller(ramp(160, 500));
    tape.finish();
    const caller = channel(0);
    const at = caller.indexOf(500, 24_000);
    expect(caller.slice(24_000, at).every((sample) => sample === 0)).toBe(true);
    expect(caller.slice(at, at + 160)).toEqual(ramp(160, 500));
    expect(channel(1).length).toBe(1_150 * 160);
  });

  it('goes through a jump of minutes as silence, in bounded memory', () => {
    const { tape, blocks } = tapeOf(8_000, 8_000);
    tape.hearAgent(ramp(160), 0);
    tape.hearAgent(ramp(160), 300_000);
    tape.finish();
    expect(tape.frames).toBe(300 * 8_000 + 160);
    expect(blocks[0]?.[1]).toBe(1);
    expect(blocks.at(-1)?.slice(0, 4)).toEqual(Int16Array.of(0, 1, 0, 2));
    const sounding = blocks.filter((block) => block.some((sample) => sample !== 0));
    expect(sounding).toHaveLength(2);
  });
});
