/**
 * The ways in which the caller's voice can be taken out of the connection, and which of them a call
 * uses (docs/reference/capture.md). `encoded`: every packet as it comes off the network, decoded in
 * the worker. `track`: the browser's decoded track, behind its jitter buffer. `worklet`: the same by
 * way of an AudioContext, where there is no other.
 */
import type { Capture, CaptureMode } from '../../common/api.ts';

export type { Capture, CaptureMode };

/** In the order in which `auto` prefers them: quickest first. */
export const CAPTURES: readonly Capture[] = ['encoded', 'track', 'worklet'];

/** What this browser, and this call's codec, allow. */
export type CaptureChoice = Readonly<Record<Capture, boolean>>;

/** The way to use, or undefined when there is none; a mode that cannot be had counts as `auto`. */
export function chooseCapture(mode: CaptureMode, can: CaptureChoice): Capture | undefined {
  if (mode !== 'auto' && can[mode]) return mode;
  return CAPTURES.find((capture) => can[capture]);
}
