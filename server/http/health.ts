/**
 * Two questions an operator's tools ask. `/healthz`: does the process still turn its event loop?
 * `/readyz`: would a call that comes now be carried? Without a page it would not, but a page is a
 * person's to open, so that is told and does not count against it.
 */
import type { Status } from '../../common/api.ts';

export interface Readiness {
  readonly ready: boolean;
  /** What is wrong with each part that is not well. */
  readonly problems: readonly string[];
  readonly pages: number;
}

export function readinessOf({ engines, agent, registrations }: Status): Readiness {
  const needed = [engines.drachtio, engines.rtpengine];
  const problems = [...needed, agent].flatMap(({ problem }) =>
    problem ? [`${problem.code}: ${problem.message}`] : [],
  );
  return {
    // A call without an agent is still a call: its caller hears what is wrong.
    ready: needed.every(({ ok }) => ok),
    problems,
    pages: registrations.filter(({ kind }) => kind === 'page').length,
  };
}
