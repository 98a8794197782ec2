/**
 * Everything that happens, as it happens, in one stream: the bridge's events, what agents send, and the
 * page's own log. Recordings keep it, the console iterates over it; nothing here waits for either. The
 * last of it is kept, for those who come later: a call's first messages pass before there is a call.
 */
import type { RecordedEvent } from '../../recording/manifest.ts';

export type Happening = RecordedEvent & { readonly callId?: string | undefined };

const KEPT = 500;

export class Happenings {
  /** Oldest first. */
  recent: readonly Happening[] = [];
  readonly #listeners = new Set<(happening: Happening) => void>();

  /** @returns what ends it. */
  follow(listener: (happening: Happening) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(happening: Happening): void {
    this.recent = [...this.recent.slice(1 - KEPT), happening];
    for (const listener of this.#listeners) listener(happening);
  }

  /** Of the page itself or of an agent, now. */
  note(
    from: 'agent' | 'page',
    type: string,
    callId: string | undefined,
    fields: object = {},
  ): void {
    this.tell({ ...fields, at: new Date().toISOString(), from, type, callId });
  }
}
