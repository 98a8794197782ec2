/** The voice of the demo call, of the key `d`, and of a recording without a voice of its own. */
import { join } from 'node:path';
import { root } from '../root.ts';

export const DEMO_CALLER = join(root, 'agent', 'demo', 'caller.wav');
