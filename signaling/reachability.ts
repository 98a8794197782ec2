/**
 * Whether registered phones still answer: an OPTIONS to each (RFC 3261 §11) every so often, and at
 * once when one registers. A phone that was killed keeps its registration until that expires; this
 * shows that calls to it would fail, and how long the way to the others takes.
 */
import type { Binding } from './bindings.ts';

/** Any answer will do, even a refusal: somebody is there. */
const PATIENCE_MS = 4000;

export interface Reachability {
  readonly reachable: boolean;
  /** Of the last OPTIONS that was answered. */
  readonly roundTripMs?: number;
}

export interface ReachabilityOptions {
  /** Between two OPTIONS to the same phone. */
  readonly intervalMs: number;
  readonly phones: () => readonly Binding[];
  /** Sends one OPTIONS; resolves with the answer's status, rejects when none came. */
  readonly ask: (phone: Binding) => Promise<unknown>;
  readonly now: () => number;
  readonly changed: () => void;
}

export class ReachabilityWatch {
  readonly #options: ReachabilityOptions;
  readonly #known = new Map<string, Reachability>();
  readonly #asking = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#askAll(), options.intervalMs).unref();
  }

  /** Undefined until the first answer, or its absence. */
  of({ contact }: Binding): Reachability | undefined {
    return this.#known.get(contact);
  }

  /** Bindings have changed: new ones are asked at once, gone ones forgotten. */
  review(): void {
    const phones = this.#options.phones();
    const contacts = new Set(phones.map(({ contact }) => contact));
    for (const contact of this.#known.keys()) {
      if (!contacts.has(contact)) this.#known.delete(contact);
    }
    for (const phone of phones) if (!this.#known.has(phone.contact)) void this.#ask(phone);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #askAll(): void {
    for (const phone of this.#options.phones()) void this.#ask(phone);
  }

  async #ask(phone: Binding): Promise<void> {
    const { ask, now, phones, changed } = this.#options;
    const { contact } = phone;
    if (this.#asking.has(contact)) return;
    this.#asking.add(contact);
    const askedAt = now();
    const isAnswered = await answered(ask(phone));
    this.#asking.delete(contact);
    if (!phones().some((current) => current.contact === contact)) return;
    const before = this.#known.get(contact);
    const found: Reachability = isAnswered
      ? { reachable: true, roundTripMs: Math.round((now() - askedAt) * 10) / 10 }
      : { ...before, reachable: false };
    this.#known.set(contact, found);
    // A round trip differs every time, and only that is no news.
    if (before?.reachable !== found.reachable) changed();
  }
}

function answered(asking: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    asking
      .then(
        () => true,
        () => false,
      )
      .then((is) => {
        clearTimeout(timer);
        resolve(is);
      }, resolve);
  });
}
