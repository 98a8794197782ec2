/** A clock turned by hand: the injected `after` of the transaction machines. */
import type { After } from '../../../signaling/sip/timers.ts';

export class Clock {
  now = 0;
  private entries: { readonly at: number; readonly run: () => void }[] = [];

  readonly after: After = (ms, run) => {
    const entry = { at: this.now + ms, run };
    this.entries.push(entry);
    return () => {
      this.entries = this.entries.filter((other) => other !== entry);
    };
  };

  get pending(): number {
    return this.entries.length;
  }

  /** Runs everything that is due up to `ms` from now, in order. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.entries.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.entries = this.entries.filter((entry) => entry !== next);
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}
