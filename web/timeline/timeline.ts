/**
 * Everything that one call's time axis shows, apart from how it is shown and from where it came:
 * voices, entries, turns, figures. A call that goes on fills it (follow-call.ts), a bundle holds it as
 * JSON. Whatever lasts how long, it stays within a few megabytes: the oldest go first.
 */
import { Envelope, COLUMN_MS, type EnvelopeJson } from './envelope.ts';
import { Spectra } from './spectra.ts';
import type { Entry, NewEntry, Sample, StreamFigures, StreamName, TurnSpan } from './types.ts';

export const MAX_ENTRIES = 5_000;
export const MAX_TURNS = 1_000;
/** Two hours of seconds. */
export const MAX_SAMPLES = 7_200;
const MAX_TEXT = 400;
const MAX_DETAIL = 2_000;
const SAMPLE_MS = 1_000;

export interface TimelineJson {
  readonly callId: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly caller: EnvelopeJson;
  readonly agent: EnvelopeJson;
  readonly entries: readonly Entry[];
  readonly turns: readonly TurnSpan[];
  readonly samples: readonly Sample[];
}

export interface TimelineOptions {
  readonly callId: string;
  /** Epoch milliseconds: the first that is known of the call. */
  readonly startedAt: number;
}

type Patch = Partial<Omit<Entry, 'id' | 'isPartial'>> & { readonly isPartial?: boolean };

export class Timeline {
  readonly callId: string;
  readonly startedAt: number;
  caller = new Envelope();
  agent = new Envelope();
  /** For the spectrograms; a file's are computed from its audio. */
  callerSpectra = new Spectra();
  agentSpectra = new Spectra();
  /** In the order of their times, nearly: what lasts may be told of at its end. */
  entries: readonly Entry[] = [];
  /** Oldest first. */
  turns: readonly TurnSpan[] = [];
  /** One for each second in which something was measured. */
  samples: readonly Sample[] = [];
  #answeredAt: number | undefined;
  #endedAt: number | undefined;
  #nextId = 1;
  readonly #listeners = new Set<() => void>();

  constructor({ callId, startedAt }: TimelineOptions) {
    this.callId = callId;
    this.startedAt = startedAt;
  }

  /** Epoch milliseconds of the answer; undefined while it rings. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** Epoch milliseconds of 0 on the axis. */
  get zeroAt(): number {
    return this.#answeredAt ?? this.startedAt;
  }

  /** Up to the end, or to the last that was heard. */
  get durationMs(): number {
    if (this.#endedAt !== undefined) return Math.max(0, this.toAxis(this.#endedAt));
    return Math.max(this.caller.total, this.agent.total) * COLUMN_MS;
  }

  /** Where the axis begins: the INVITE, or the oldest that is still there. */
  get beginMs(): number {
    return Math.min(this.toAxis(this.startedAt), this.entries[0]?.at ?? 0);
  }

  /** Epoch milliseconds → milliseconds since the answer. */
  toAxis(epochMs: number): number {
    return epochMs - this.zeroAt;
  }

  /** From now on the answer is zero: what came before moves to the left of it. */
  answer(epochMs: number): void {
    if (this.#answeredAt !== undefined) return;
    const shift = this.zeroAt - epochMs;
    this.#answeredAt = epochMs;
    this.entries = this.entries.map((entry) => ({
      ...entry,
      at: entry.at + shift,
      ...(entry.endAt !== undefined && { endAt: entry.endAt + shift }),
    }));
    this.samples = this.samples.map((sample) => ({ ...sample, at: sample.at + shift }));
    this.changed();
  }

  /** What is going on ends with the call. */
  end(epochMs: number): void {
    this.#endedAt ??= epochMs;
    this.changed();
  }

  /** The voices go, which are most of it; what happened stays. */
  forgetVoices(): void {
    [this.caller, this.agent] = [new Envelope(), new Envelope()];
    [this.callerSpectra, this.agentSpectra] = [new Spectra(), new Spectra()];
    this.changed();
  }

  /** @returns its id, for `change`. */
  add(entry: NewEntry): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.entries = [...this.entries.slice(1 - MAX_ENTRIES), limited({ ...entry, id })];
    this.changed();
    return id;
  }

  /** What is known better by now; of what has been forgotten, nothing. */
  change(id: number, patch: Patch): void {
    const at = this.entries.findLastIndex((entry) => entry.id === id);
    const before = this.entries[at];
    if (before === undefined) return;
    const { isPartial, ...rest } = { ...before, ...patch };
    this.entries = this.entries.with(
      at,
      limited({ ...rest, ...(isPartial === true && { isPartial }) }),
    );
    // A text that is still being revised is seen with the next report, a fifth of a second later at most.
    if (isPartial !== true) this.changed();
  }

  /** A turn, or what is known better of it. */
  putTurn(turn: TurnSpan): void {
    const at = this.turns.findLastIndex(({ id }) => id === turn.id);
    // The newest turns are told again and again.
    if (at >= 0 && JSON.stringify(this.turns[at]) === JSON.stringify(turn)) return;
    this.turns = at < 0 ? [...this.turns.slice(1 - MAX_TURNS), turn] : this.turns.with(at, turn);
    this.changed();
  }

  /** Figures of the second in which `at` lies; those of several sources become one. */
  sample(at: number, figures: Partial<Omit<Sample, 'at'>>): void {
    const second = Math.floor(at / SAMPLE_MS) * SAMPLE_MS;
    // All sources tell of the present.
    const index = this.samples.at(-1)?.at === second ? this.samples.length - 1 : -1;
    const before = this.samples[index] ?? { at: second, streams: {} };
    const streams = { ...before.streams };
    for (const [name, stream] of Object.entries(figures.streams ?? {}) as [
      StreamName,
      StreamFigures,
    ][]) {
      streams[name] = { ...streams[name], ...stream };
    }
    const sample = { ...before, ...figures, streams };
    this.samples =
      index < 0
        ? [...this.samples.slice(1 - MAX_SAMPLES), sample]
        : this.samples.with(index, sample);
    this.changed();
  }

  /** @returns what ends it. Told of every change, at the pace of reports: draw when you can. */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For whoever fills the envelopes. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  toJSON(): TimelineJson {
    return {
      callId: this.callId,
      startedAt: this.startedAt,
      answeredAt: this.#answeredAt ?? null,
      endedAt: this.#endedAt ?? null,
      caller: this.caller.toJSON(),
      agent: this.agent.toJSON(),
      entries: this.entries,
      turns: this.turns,
      samples: this.samples,
    };
  }

  static fromJSON(json: TimelineJson): Timeline {
    const timeline = new Timeline(json);
    timeline.#answeredAt = json.answeredAt ?? undefined;
    timeline.#endedAt = json.endedAt ?? undefined;
    timeline.caller = Envelope.fromJSON(json.caller);
    timeline.agent = Envelope.fromJSON(json.agent);
    timeline.entries = json.entries.slice(-MAX_ENTRIES).map(limited);
    timeline.turns = json.turns.slice(-MAX_TURNS);
    timeline.samples = json.samples.slice(-MAX_SAMPLES);
    timeline.#nextId = Math.max(0, ...json.entries.map(({ id }) => id)) + 1;
    return timeline;
  }
}

function limited(entry: Entry): Entry {
  const { text, detail } = entry;
  return {
    ...entry,
    text: cut(text, MAX_TEXT),
    ...(detail !== undefined && { detail: cut(detail, MAX_DETAIL) }),
  };
}

/** A copy: engines let a slice keep the whole string that it was taken from. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return new TextDecoder().decode(new TextEncoder().encode(text.slice(0, length)));
}
