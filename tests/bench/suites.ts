/** The registry: every suite, in the order in which they run. */
import type { Suite } from './suite.ts';
import { bargeIn } from './suites/barge-in.ts';
import { fidelity } from './suites/fidelity.ts';
import { busy, hidden } from './suites/unattended.ts';
import { impairment } from './suites/impairment.ts';
import { latency } from './suites/latency.ts';
import { memory } from './suites/memory.ts';
import { page } from './suites/page.ts';
import { passThrough } from './suites/pass-through.ts';
import { relay } from './suites/relay.ts';
import { setup } from './suites/setup.ts';
import { soak } from './suites/soak.ts';
import { sip } from './suites/sip.ts';
import { start } from './suites/start.ts';

export const SUITES: readonly Suite[] = [
  latency,
  bargeIn,
  setup,
  fidelity,
  impairment,
  passThrough,
  hidden,
  busy,
  relay,
  sip,
  start,
  memory,
  page,
  soak,
];
