import { describe, expect, it } from 'vitest';
import { AnswerGate } from '../../../audio/answer-gate.ts';

/** Offers a chunk of 100 bytes at each time; the times at which one was let through. */
function admitted(gate: AnswerGate, times: readonly number[]): number[] {
  return times.filter((time) => gate.admits(100, time));
}

it('lets everything through before any cut', () => {
  expect(admitted(new AnswerGate(), [0, 1, 5000])).toEqual([0, 1, 5000]);
});

it('knows whether more of the same may be under way: for 250 ms after the last of it', () => {
  const gate = new AnswerGate();
  expect(gate.isStreaming(0)).toBe(false);
  gate.admits(100, 1_000);
  expect([1_000, 1_249, 1_250].map((now) => gate.isStreaming(now))).toEqual([true, true, false]);
});

describe('after a cut', () => {
  it('drops what is left of the answer, and counts it', () => {
    const gate = new AnswerGate();
    gate.admits(100, 990);
    gate.cut('agent', 1000, true);
    expect(admitted(gate, [1001, 1020, 1200])).toEqual([]);
    expect({ generation: gate.generation, dropped: gate.droppedBytes }).toEqual({
      generation: 1,
      dropped: 300,
    });
  });

  it('lets the next answer through from its first chunk once it is announced, however soon', () => {
    const gate = new AnswerGate();
    gate.cut('agent', 1000, true);
    expect(admitted(gate, [1001])).toEqual([]);
    gate.open();
    expect(admitted(gate, [1002, 1003])).toEqual([1002, 1003]);
  });

  it('takes what comes after a pause of 250 ms for the next answer', () => {
    const gate = new AnswerGate();
    gate.cut('agent', 1000, true);
    expect(admitted(gate, [1100, 1300, 1549, 1799, 1800])).toEqual([1799, 1800]);
    const silent = new AnswerGate();
    silent.cut('agent', 1000, true);
    expect(admitted(silent, [1250, 1251])).toEqual([1250, 1251]);
  });

  it.each([
    ['agent', 1000],
    ['page', 10_000],
    ['api', 10_000],
  ] as const)('by the %s: is over after %d ms, even if the audio never pauses', (by, limit) => {
    const gate = new AnswerGate();
    gate.cut(by, 0, true);
    const times = Array.from({ length: 700 }, (_, n) => n * 20);
    expect(admitted(gate, times)[0]).toBe(limit);
  });

  it('drops nothing where all that follows is new', () => {
    const gate = new AnswerGate();
    gate.cut('agent', 1000, false);
    expect(admitted(gate, [1000])).toEqual([1000]);
    expect(gate.generation).toBe(1);
  });

  it('a second cut begins anew', () => {
    const gate = new AnswerGate();
    gate.cut('agent', 1000, true);
    gate.open();
    gate.cut('agent', 1100, true);
    expect(admitted(gate, [1101, 1120])).toEqual([]);
    expect(gate.generation).toBe(2);
  });
});
