/**
 * Whether something comes at an even pace, however busy the machine is: one that is late says nothing of
 * the pace, and none is early, so the earliest of many are where they belong.
 */

/** How much later than 20 ms each the end of these comes, in ms. Both stretches hold at least 50. */
export function driftMs(times: readonly number[]): number {
  const lateness = times.map((time, i) => time - i * 20);
  const third = Math.floor(lateness.length / 3);
  return Math.min(...lateness.slice(-third)) - Math.min(...lateness.slice(0, third));
}
