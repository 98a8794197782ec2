/** Whether the agents are there: asked every so often, and told by every call that meets one. */
import type { PartStatus } from '../common/api.ts';
import { probe } from './agent-probe.ts';

const PROBE_MS = 10_000;

export class AgentWatch {
  readonly #urls: () => readonly string[];
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  #problem: PartStatus['problem'];

  /** `changed`: the problem is another one, or gone. */
  constructor(urls: () => readonly string[], changed: () => void) {
    this.#urls = urls;
    this.#changed = changed;
    this.#timer = setInterval(() => void this.look(), PROBE_MS).unref();
  }

  get problem(): PartStatus['problem'] {
    return this.#problem;
  }

  async look(): Promise<void> {
    const problem = await probe(this.#urls());
    // That something listens is no news of an agent that listens and refuses: the next call is.
    if (problem !== undefined || this.#problem?.code !== 'AGENT_REFUSED') this.note(problem);
  }

  /** What a call met; undefined: it was there. */
  note(problem: PartStatus['problem']): void {
    if (problem?.message === this.#problem?.message) return;
    this.#problem = problem;
    this.#changed();
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }
}
