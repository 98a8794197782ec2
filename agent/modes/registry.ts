/** Every mode by its name, with what it is good for. */
import { bug100ms } from './bug-100ms.ts';
import { demo } from './demo.ts';
import { echo } from './echo.ts';
import { flaky } from './flaky.ts';
import { log } from './log.ts';
import { flood, slow, tone } from './paced.ts';
import { silence } from './silence.ts';
import { timing } from './timing.ts';
import type { Mode } from './types.ts';

export const MODES: ReadonlyMap<string, { readonly run: Mode; readonly about: string }> = new Map([
  ['demo', { run: demo, about: 'greets, and answers each utterance with the caller’s own words' }],
  ['echo', { run: echo, about: 'says back every frame at once' }],
  ['tone', { run: tone, about: 'a second of tone, a second of silence' }],
  ['log', { run: log, about: 'says nothing, tells what it is sent' }],
  ['timing', { run: timing, about: 'tells how evenly frames come, and beeps at once' }],
  ['silence', { run: silence, about: 'says nothing at all' }],
  ['slow', { run: slow, about: 'sends audio at two thirds of real time' }],
  ['flood', { run: flood, about: 'sends a minute of audio every ten seconds' }],
  ['flaky', { run: flaky, about: 'an echo that drops the connection every five seconds' }],
  ['bug-100ms', { run: bug100ms, about: 'the demo, its audio sender stopped by a 100 ms pause' }],
]);
