/** The demo agent: greets, and answers each utterance with the caller's own words. */
import { DemoSession } from '../demo/session.ts';
import type { Mode } from './types.ts';

export const demo: Mode = ({ line, tell, greeting }) => {
  new DemoSession(line, {
    query: new URLSearchParams(),
    delayMs: 300,
    burst: true,
    heartbeatMs: 30_000,
    record: false,
    greeting,
    log: (level, message) => {
      if (level !== 'debug') tell(message);
    },
  });
  // It ends with its line.
  return () => undefined;
};
