/**
 * Turns counters that only grow into entries that say when: lost packets that were made up for, time in
 * which nothing came, an agent whose audio ran dry.
 */
import type { MediaCounters } from '../../common/figures.ts';
import type { Timeline } from './timeline.ts';
import type { EntryKind, Side } from './types.ts';

/** What comes again so soon is the same trouble. */
const JOIN_MS = 400;
/** Shorter silence is how every call begins, and what a pause of a phone sounds like. */
const LEAST_SILENCE_MS = 200;

interface Run {
  id: number | undefined;
  from: number;
  to: number;
  ms: number;
}

export class FlowWatch {
  readonly #timeline: Timeline;
  readonly #runs = new Map<string, Run>();
  #last: MediaCounters | undefined;
  #lastAt = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** @param at milliseconds since the answer. */
  look(at: number, counters: MediaCounters, isHeld: boolean): void {
    const last = this.#last;
    this.#last = counters;
    const from = this.#lastAt;
    this.#lastAt = at;
    if (last === undefined) return;
    this.#grew('concealed', 'caller', counters.concealedMs - last.concealedMs, from, at);
    // A call on hold is silent because somebody wanted it so.
    if (!isHeld) this.#grew('gap', 'caller', counters.silenceMs - last.silenceMs, from, at);
    if (counters.underruns > last.underruns) {
      this.#timeline.add({
        kind: 'gap',
        side: 'agent',
        at: from,
        endAt: at,
        level: 'warn',
        text: 'The agent’s audio ran dry in the middle of its answer.',
      });
    }
  }

  #grew(kind: EntryKind, side: Side, ms: number, from: number, to: number): void {
    if (ms <= 0) return;
    const before = this.#runs.get(kind);
    const run =
      before !== undefined && from - before.to <= JOIN_MS
        ? before
        : { id: undefined, from: Math.max(0, to - Math.max(ms, to - from)), to, ms: 0 };
    this.#runs.set(kind, run);
    run.ms += ms;
    run.to = to;
    if (kind === 'gap' && run.ms < LEAST_SILENCE_MS) return;
    const text =
      kind === 'gap'
        ? `No audio from the phone for ${seconds(run.ms)}: the agent hears silence.`
        : `${Math.round(run.ms)} ms of lost audio made up for.`;
    if (run.id !== undefined) this.#timeline.change(run.id, { endAt: to, text });
    else {
      const level = kind === 'gap' ? 'info' : 'warn';
      run.id = this.#timeline.add({ kind, side, at: run.from, endAt: to, level, text });
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
