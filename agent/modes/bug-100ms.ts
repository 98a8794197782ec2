/**
 * A defect that real endpoints had, to know it by its looks: the sender of audio takes the first
 * 100 ms without any for the end, and stops for good. The demo agent listens, tells its events and
 * answers, and the caller hears nothing.
 */
import { performance } from 'node:perf_hooks';
import { demo } from './demo.ts';
import type { Mode } from './types.ts';

const PATIENCE_MS = 100;

export const bug100ms: Mode = (options) => {
  const { line, tell } = options;
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    const left = line.saidAt + PATIENCE_MS - performance.now();
    if (left > 0) {
      timer = setTimeout(check, left);
      return;
    }
    line.muted = true;
    tell('its audio sender has stopped; no audio will come any more');
  };
  check();
  const stop = demo(options);
  return () => {
    clearTimeout(timer);
    stop();
  };
};
