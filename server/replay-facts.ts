/**
 * Who the caller of a replayed recording was: of a session that belongs to no call, the page says it
 * with the session's address, so that the agent is told what it was told of the call.
 */
export interface SessionFacts {
  readonly caller: string;
  readonly dialled: string;
  readonly extension: string;
}

/** Those that are going on, and some more. */
const KEPT = 50;
const MAX_LENGTH = 200;

export class ReplayFacts {
  readonly #facts = new Map<string, SessionFacts>();

  /** Without an extension in it, nothing was said. */
  add(id: string, query: URLSearchParams): void {
    const text = (name: string) => (query.get(name) ?? '').slice(0, MAX_LENGTH);
    if (!query.has('extension')) return;
    this.#facts.delete(id);
    this.#facts.set(id, {
      caller: text('caller'),
      dialled: text('dialled'),
      extension: text('extension') || 'default',
    });
    const oldest = this.#facts.keys().next().value;
    if (this.#facts.size > KEPT && oldest !== undefined) this.#facts.delete(oldest);
  }

  get(id: string): SessionFacts | undefined {
    return this.#facts.get(id);
  }
}
