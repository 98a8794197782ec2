/**
 * Time as the transaction machines see it: the base values of RFC 3261 §17 and a way to be called
 * later, injected so that tests can turn the clock.
 * https://www.rfc-editor.org/rfc/rfc3261#page-265
 */
export interface TimerValues {
  /** Round-trip estimate. */
  readonly t1: number;
  /** Longest interval between retransmissions. */
  readonly t2: number;
  /** How long a message stays in the network. */
  readonly t4: number;
}

export const DEFAULT_TIMERS: TimerValues = { t1: 500, t2: 4000, t4: 5000 };

/** Calls `run` once after `ms`; the returned function cancels it. */
export type After = (ms: number, run: () => void) => () => void;

export const after: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Calls `run` after `first`, then at doubling intervals of at most `cap`, until cancelled. */
export function repeat(after: After, first: number, cap: number, run: () => void): () => void {
  let interval = first;
  const again = (): void => {
    interval = Math.min(interval * 2, cap);
    cancel = after(interval, again);
    run();
  };
  let cancel = after(first, again);
  return () => cancel();
}
