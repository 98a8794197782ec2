/**
 * Changes from one way of hearing somebody to another in the middle of a word. Both ways carry the
 * same voice, one of them tens of milliseconds behind the other (a jitter buffer), and nothing but
 * the voice itself says by how much: so both run side by side until a stretch of the new one is found
 * again in what has gone out, to the sample. There the old one ends and the new one goes on,
 * cross-faded over 5 ms: no sample is lost, doubled or out of order. If the new way is behind, what
 * goes out pauses for as long; if it is ahead, what it has more goes out at once.
 *
 * Where nothing is said there is nothing to find, and nothing to lose.
 */

/** All in ms. */
const TEMPLATE = 100;
/** How far the new way may be ahead for the first attempt to succeed. */
const AHEAD = 120;
const REACH = 300;
const HISTORY = 1_200;
const CROSS_FADE = 5;
/** After this it is changed as well as can be. */
const DEADLINE = 1_000;
/** A search takes some milliseconds that packets have to wait. */
const TRY_EVERY = 100;
/** The old way may have ended, and then there is nothing to fade out. */
const TAIL_PATIENCE = 100;
/** The new way fell silent at the last moment: stay with the old one. */
const HEAD_PATIENCE = 500;
const SAME = 0.9;
/** RMS of samples in which nothing can be heard, −56 dBFS. */
const QUIET = 50;

export interface HandoverOptions<Way> {
  readonly sampleRate: number;
  readonly first: Way;
  readonly emit: (samples: Int16Array) => void;
  /** Not aligned: the voices did not match within a second (its quality differs, or it is not the same). */
  readonly onChanged: (way: Way, aligned: boolean) => void;
}

interface Change<Way> {
  readonly to: Way;
  readonly fresh: Samples;
  readonly tail: Samples;
  readonly settleMs: number;
  /** When it was fit to be heard first. */
  since: number | undefined;
  triedAt: number;
  /** Place of the first fresh sample in what goes out; known once found. */
  base: number | undefined;
  cutAt: number;
  aligned: boolean;
}

export class Handover<Way extends string> {
  readonly #options: HandoverOptions<Way>;
  readonly #perMs: number;
  /** The end of what has gone out. */
  readonly #history: Samples;
  #way: Way;
  #emitted = 0;
  #change: Change<Way> | undefined;

  constructor(options: HandoverOptions<Way>) {
    this.#options = options;
    this.#perMs = options.sampleRate / 1_000;
    this.#way = options.first;
    this.#history = new Samples(2 * HISTORY * this.#perMs);
  }

  get way(): Way {
    return this.#way;
  }

  /** The way it is changing to, or has. */
  get wanted(): Way {
    return this.#change?.to ?? this.#way;
  }

  /**
   * Begins a change; with nothing gone out yet there is nothing to join.
   * @param settleMs what comes first of the new way and is not fit to be heard: a jitter buffer that
   * still looks for its delay.
   */
  changeTo(way: Way, settleMs = 0): void {
    if (way === this.wanted) return;
    const { tail } = this.#change ?? {};
    this.#change = undefined;
    if (tail !== undefined && tail.length > 0) this.#emit(tail.view());
    if (way === this.#way) return;
    if (this.#emitted === 0) {
      this.#become(way, true);
      return;
    }
    this.#change = {
      to: way,
      fresh: new Samples(2 * DEADLINE * this.#perMs),
      tail: new Samples(2 * HEAD_PATIENCE * this.#perMs),
      settleMs,
      since: undefined,
      triedAt: -Infinity,
      base: undefined,
      cutAt: 0,
      aligned: false,
    };
  }

  push(way: Way, samples: Int16Array, now: number): void {
    const change = this.#change;
    if (change === undefined) {
      if (way === this.#way) this.#emit(samples);
      return;
    }
    if (way === change.to) {
      change.since ??= now + change.settleMs;
      if (now < change.since) return;
      change.fresh.push(samples);
    } else if (way === this.#way) {
      if (change.base === undefined) this.#emit(samples);
      else change.tail.push(samples);
    }
    this.#proceed(change, now);
  }

  #proceed(change: Change<Way>, now: number): void {
    const { fresh, tail } = change;
    if (change.base === undefined) {
      change.base = this.#place(change, now);
      if (change.base === undefined) return;
      change.cutAt = now;
    }
    const fade = CROSS_FADE * this.#perMs;
    const from = this.#emitted - change.base;
    if (fresh.length - from < fade) {
      if (now - change.cutAt < HEAD_PATIENCE) return;
      this.changeTo(this.#way);
      return;
    }
    if (tail.length < fade && now - change.cutAt < TAIL_PATIENCE) return;
    const rest = fresh.view().subarray(Math.max(0, from));
    const old = tail.view();
    const both = Math.min(fade, old.length);
    for (let i = 0; i < both; i++) {
      const weight = (i + 1) / (both + 1);
      rest[i] = Math.round((rest[i] ?? 0) * weight + (old[i] ?? 0) * (1 - weight));
    }
    this.#change = undefined;
    this.#emit(rest);
    this.#become(change.to, change.aligned);
  }

  /** Where the first fresh sample belongs, or undefined while that cannot be said. */
  #place(change: Change<Way>, now: number): number | undefined {
    const { fresh } = change;
    const nothing = this.#emitted - fresh.length;
    const late = change.since !== undefined && now - change.since > DEADLINE;
    const enough = fresh.length >= (TEMPLATE + AHEAD) * this.#perMs;
    if (!enough || (!late && now - change.triedAt < TRY_EVERY)) return undefined;
    change.triedAt = now;
    const found = this.#find(fresh.view());
    change.aligned = found !== undefined || this.#isQuiet(fresh.view());
    if (found !== undefined) return found;
    return change.aligned || late ? nothing : undefined;
  }

  #isQuiet(fresh: Int16Array): boolean {
    const recent = this.#history.view().subarray(-REACH * this.#perMs);
    return rms(fresh) < QUIET && rms(recent) < QUIET;
  }

  #find(fresh: Int16Array): number | undefined {
    const size = TEMPLATE * this.#perMs;
    const at = loudest(fresh.subarray(0, fresh.length - AHEAD * this.#perMs), size);
    const template = fresh.subarray(at, at + size);
    if (rms(template) < QUIET) return undefined;
    const history = this.#history.view();
    // If the two ways were equally far, the template would begin here.
    const here = history.length - (fresh.length - at);
    const reach = REACH * this.#perMs;
    const low = Math.max(0, here - reach);
    const high = Math.min(history.length - size, here + reach);
    // Telephone speech at 16 kHz is the same to a sample either side: look at every other one first.
    const coarse = bestFit(template, history, low, high, 2);
    const fine = bestFit(template, history, Math.max(0, coarse.at - 2), coarse.at + 2, 1);
    if (fine.likeness < SAME) return undefined;
    return this.#emitted - history.length + fine.at - at;
  }

  #become(way: Way, aligned: boolean): void {
    this.#way = way;
    this.#options.onChanged(way, aligned);
  }

  #emit(samples: Int16Array): void {
    this.#emitted += samples.length;
    this.#history.push(samples);
    this.#history.keep(HISTORY * this.#perMs);
    this.#options.emit(samples);
  }
}

function rms(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(energy / samples.length);
}

/** Where the stretch of most energy begins, by half its size. */
function loudest(samples: Int16Array, size: number): number {
  let best = 0;
  let most = -1;
  for (let at = 0; at + size <= samples.length; at += size >> 1) {
    const level = rms(samples.subarray(at, at + size));
    if (level <= most) continue;
    most = level;
    best = at;
  }
  return best;
}

/** Normalised correlation, of every `step`th sample, at every `step`th place. */
function bestFit(
  template: Int16Array,
  within: Int16Array,
  low: number,
  high: number,
  step: number,
) {
  let best = { at: low, likeness: -1 };
  let own = 0;
  for (let i = 0; i < template.length; i += step) own += (template[i] ?? 0) ** 2;
  for (let at = low; at <= high; at += step) {
    let product = 0;
    let energy = 0;
    for (let i = 0; i < template.length; i += step) {
      const there = within[at + i] ?? 0;
      product += (template[i] ?? 0) * there;
      energy += there * there;
    }
    const likeness = energy === 0 ? 0 : product / Math.sqrt(own * energy);
    if (likeness > best.likeness) best = { at, likeness };
  }
  return best;
}

/** Samples appended at one end and forgotten at the other. */
class Samples {
  #data: Int16Array;
  length = 0;

  constructor(room: number) {
    this.#data = new Int16Array(Math.ceil(room));
  }

  view(): Int16Array {
    return this.#data.subarray(0, this.length);
  }

  push(samples: Int16Array): void {
    if (this.length + samples.length > this.#data.length) {
      const larger = new Int16Array(2 * (this.length + samples.length));
      larger.set(this.view());
      this.#data = larger;
    }
    this.#data.set(samples, this.length);
    this.length += samples.length;
  }

  /** Forgets all but the last so many, once in a while. */
  keep(count: number): void {
    if (this.length < 2 * count) return;
    this.#data.copyWithin(0, this.length - count, this.length);
    this.length = count;
  }
}
