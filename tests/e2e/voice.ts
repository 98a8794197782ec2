/** What tests ask of a voice that has reached the agent: that it came, and that it is the one that was said. */
import { compare } from '../../audio/compare.ts';
import { fidelity } from '../support/fidelity.ts';
import type { AgentSession } from '../support/test-agent.ts';
import { expect } from './fixtures.ts';

/** The bridge fills time when nothing comes for 200 ms. */
const FILLED_MS = 190;
/** Two packets of 20 ms that did not come. */
const SEND_LATE_MS = 60;

/** Waits until the agent has received `count` frames. */
export async function frames(session: AgentSession, count: number): Promise<void> {
  await expect.poll(() => session.frames.length, { intervals: [50] }).toBeGreaterThanOrEqual(count);
}

/**
 * The voice is whole. On a machine so busy that the phone, or the way to the agent, stood still for as
 * long as the bridge waits before it fills the time, it is so in pieces only: then the pieces count.
 */
export function expectWhole(
  ideal: Int16Array,
  session: AgentSession,
  sentAt: readonly number[],
): void {
  if (!isSteady(sentAt, session.times)) {
    expect(fidelity(ideal, session.pcm, 16_000).whole).toBeGreaterThan(0);
    return;
  }
  const heard = compare(ideal, session.pcm);
  expect(heard.correlation).toBeGreaterThan(0.999);
  expect(heard.snrDb).toBeGreaterThan(35);
  expect(Math.abs(heard.gainDb)).toBeLessThan(0.5);
  // No sample was added or left out on the way: the start and the end lie equally far off.
  const start = compare(ideal.slice(0, 16_000), session.pcm);
  const end = compare(ideal.slice(-16_000), session.pcm);
  expect(end.offset - start.offset).toBeCloseTo(ideal.length - 16_000, 1);
}

/**
 * The agent's voice is whole at the phone. Chrome leaves out or repeats some of what it sends when the
 * machine lets it wait: then, as it shows in when packets come, it is so in pieces only.
 */
export function expectHeard(
  ideal: Int16Array,
  samples: Int16Array,
  heardAt: readonly number[],
): void {
  if (longestGap(heardAt) >= SEND_LATE_MS) {
    expect(fidelity(ideal, samples, 8_000).whole).toBeGreaterThan(0);
    return;
  }
  const heard = compare(ideal, samples);
  expect(heard.correlation).toBeGreaterThan(0.999);
  expect(heard.snrDb).toBeGreaterThan(35);
  expect(Math.abs(heard.gainDb)).toBeLessThan(0.5);
}

/** Whether none of these stood still for so long that time was filled meanwhile. */
export function isSteady(...times: readonly (readonly number[])[]): boolean {
  return times.every((each) => longestGap(each) < FILLED_MS);
}

export function longestGap(times: readonly number[]): number {
  return Math.max(0, ...times.slice(1).map((time, i) => time - (times[i] ?? time)));
}
