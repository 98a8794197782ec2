/** Takes all it is sent and never says a word: what the page says then is what is looked at. */
import type { Mode } from './types.ts';

export const silence: Mode = () => () => undefined;
