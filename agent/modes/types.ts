/** How a built-in agent behaves on one call. */
import type { Line } from '../endpoint/line.ts';

export interface ModeOptions {
  readonly line: Line;
  /** A sentence for whoever runs the agent. */
  readonly tell: (sentence: string) => void;
}

/** Takes the call and returns what ends it: no timer may outlive the call. */
export type Mode = (options: ModeOptions) => () => void;
