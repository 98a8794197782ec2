/** An echo whose connection drops without a goodbye every few seconds: the call must survive it. */
import { echo } from './echo.ts';
import type { Mode } from './types.ts';

const LASTS_MS = 5000;

export const flaky: Mode = (options) => {
  const stop = echo(options);
  const timer = setTimeout(() => {
    options.tell('drops the connection');
    options.line.drop();
  }, LASTS_MS);
  return () => {
    clearTimeout(timer);
    stop();
  };
};
