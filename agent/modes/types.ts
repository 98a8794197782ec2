/** How a built-in agent behaves on one call. */
import type { Greeting } from '../demo/greeting.ts';
import type { Line } from '../endpoint/line.ts';

export interface ModeOptions {
  readonly line: Line;
  /** What an agent with a voice of its own says first. */
  readonly greeting: Greeting;
  /** A sentence for whoever runs the agent. */
  readonly tell: (sentence: string) => void;
}

/** Takes the call and returns what ends it: no timer may outlive the call. */
export type Mode = (options: ModeOptions) => () => void;
