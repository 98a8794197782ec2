/**
 * Keeps V8's space for new objects small while the bridge starts. Nearly all that a start allocates
 * stays; V8 takes that for a reason to double this space, up to 32 MB, and an idle process never gives
 * it back. Once started, it grows by V8's own rule, as calls need it.
 */
import { setFlagsFromString } from 'node:v8';

/** V8's own: https://github.com/v8/v8/blob/main/src/flags/flag-definitions.h */
const GROWTH = 2;

setFlagsFromString('--semi-space-growth-factor=1');

export function startIsOver(): void {
  setFlagsFromString(`--semi-space-growth-factor=${GROWTH}`);
}
