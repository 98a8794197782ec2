/** What a suite is given, and what it gives back. */
import type { BenchOptions } from './options.ts';
import type { EngineName, Figure } from './result.ts';

export interface BenchRun extends Omit<BenchOptions, 'suites' | 'json'> {
  /** What happens, for a person who waits. */
  readonly say: (step: string) => void;
  /** Why something could not be measured; repeated below the table. */
  readonly note: (reason: string) => void;
}

export interface Suite {
  readonly name: string;
  readonly what: string;
  /** Too long for a run of everything: only with --only. */
  readonly onlyOnRequest?: boolean;
  /** Figures are handed over as they are ready, so that an error later on does not lose them. */
  run(run: BenchRun, report: (figure: Figure) => void): Promise<void>;
}

export type { EngineName, Figure };
