import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pacer, type Clock } from '../../../softphone/pacer.ts';

/** A clock whose timers fire late by what `lateness` says; runs without waiting. */
class SimulatedClock implements Clock {
  time = 1000;
  readonly #lateness: () => number;
  #timer: { readonly callback: () => void; readonly at: number } | undefined;

  constructor(lateness: () => number) {
    this.#lateness = lateness;
  }

  now(): number {
    return this.time;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    this.#timer = { callback, at: this.time + delayMs + this.#lateness() };
    return this.#timer;
  }

  clearTimer(timer: unknown): void {
    if (timer === this.#timer) this.#timer = undefined;
  }

  runUntil(time: number): void {
    while (this.#timer && this.#timer.at <= time) {
      const { callback, at } = this.#timer;
      this.#timer = undefined;
      this.time = at;
      callback();
    }
    this.time = time;
  }

  get armed(): boolean {
    return this.#timer !== undefined;
  }
}

function run(lateness: () => number, ms: number, maxCatchUp?: number) {
  const clock = new SimulatedClock(lateness);
  const ticks: { slot: number; at: number; skipped: number }[] = [];
  const pacer = new Pacer({
    intervalMs: 20,
    clock,
    ...(maxCatchUp === undefined ? {} : { maxCatchUp }),
    onTick: (slot, skipped) => ticks.push({ slot, at: clock.now() - 1000, skipped }),
  });
  pacer.start();
  clock.runUntil(1000 + ms);
  pacer.stop();
  return { ticks, clock };
}

describe('pacer', () => {
  it('has not drifted after ten minutes of a jittery timer', () => {
    let state = 42;
    const jitter = (): number => {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      return (state / 0x7fffffff) * 15;
    };
    const { ticks } = run(jitter, 600_000);
    expect(ticks.map(({ slot }) => slot)).toEqual(ticks.map((_, index) => index));
    // Slot 30000 is due at the very end and may be late by the timer's own jitter, never by more.
    expect(ticks.length).toBeGreaterThanOrEqual(30_000);
    const lateness = ticks.map(({ slot, at }) => at - slot * 20);
    expect(Math.min(...lateness)).toBeGreaterThanOrEqual(-0.5);
    expect(Math.max(...lateness)).toBeLessThanOrEqual(15.5);
  });

  it('ticks each slot exactly once, in order, whatever the timer does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 90, noNaN: true }), { minLength: 1 }),
        (late) => {
          let index = 0;
          const { ticks } = run(() => late[index++ % late.length] ?? 0, 2000);
          expect(ticks.map(({ slot }) => slot)).toEqual(ticks.map((_, n) => n));
          expect(ticks.every(({ skipped }) => skipped === 0)).toBe(true);
        },
      ),
    );
  });

  it('makes up for a short stall with the slots that came due, no more', () => {
    let first = true;
    const { ticks } = run(() => {
      const late = first ? 100 : 0;
      first = false;
      return late;
    }, 200);
    // Slot 1 fires at 120 ms: slots 1 to 6 have come due by then.
    expect(ticks.filter(({ at }) => at === 120).map(({ slot }) => slot)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(ticks.find(({ slot }) => slot === 7)?.at).toBe(140);
  });

  it('skips what a long stall swallowed and says how much', () => {
    let first = true;
    const { ticks } = run(
      () => {
        const late = first ? 10_000 : 0;
        first = false;
        return late;
      },
      10_100,
      25,
    );
    expect(ticks[0]).toEqual({ slot: 0, at: 0, skipped: 0 });
    // The timer for slot 1 fires at 10020 ms, when slot 501 is due.
    expect(ticks[1]).toEqual({ slot: 501, at: 10_020, skipped: 500 });
    expect(ticks[2]).toEqual({ slot: 502, at: 10_040, skipped: 0 });
  });

  it('can be stopped from within a tick, and leaves no timer', () => {
    const clock = new SimulatedClock(() => 0);
    const slots: number[] = [];
    const pacer = new Pacer({
      intervalMs: 20,
      clock,
      onTick: (slot) => {
        slots.push(slot);
        if (slot === 2) pacer.stop();
      },
    });
    pacer.start();
    clock.runUntil(5000);
    expect(slots).toEqual([0, 1, 2]);
    expect(clock.armed).toBe(false);
  });
});
