/**
 * One picture of the time axis as plain data: what the page hands to the worker that paints it
 * (drawing-worker.ts). The page keeps the call, the worker the canvas; between them goes only what is
 * new: a picture that has moved is shifted and painted at its edge, one in which something has changed is
 * painted from there on, and where that is but a word, only the rows of words are.
 */
import { COLUMN_FIELDS, COLUMN_MS, type Envelope, type Peak } from '../../timeline/envelope.ts';
import { BANDS, type Spectra } from '../../timeline/spectra.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import type { Entry, Side, TurnSpan } from '../../timeline/types.ts';
import type { Viewport } from '../../timeline/viewport.ts';
import { visible, visibleTurns } from './layout.ts';
import type { Palette } from './palette.ts';

/** A mark is drawn around its time, and its edge is smoothed. */
const MARGIN = 10;
/** Of a device's pixels: what is nearer to whole ones is rounding. */
const WHOLE = 0.01;

/** A voice from one x on: per bar what an envelope has per column, one after the other. */
export interface Bars {
  readonly first: number;
  /** Of the envelope, in each bar. */
  readonly columns: number;
  /** COLUMN_FIELDS each; a negative RMS where nothing is known. */
  readonly values: Int16Array<ArrayBuffer>;
}

export interface Level {
  readonly rmsDbfs: number;
  readonly peakDbfs: number;
  readonly clipped: boolean;
}

export interface Scene {
  readonly fromMs: number;
  readonly spanMs: number;
  readonly width: number;
  /** What is on the canvas moves to the left by so many of the device's pixels first. */
  readonly shift: number;
  /** Then it is painted between these; equal: only the levels. */
  readonly fromX: number;
  readonly toX: number;
  /** From here on the rows of words are painted too, if it is left of all else that is. */
  readonly wordsFromX: number;
  readonly durationMs: number;
  readonly selected: number | undefined;
  /** Those in sight; undefined: as before. */
  readonly entries: readonly Entry[] | undefined;
  readonly turns: readonly TurnSpan[] | undefined;
  /** Waveforms, or spectrograms: BANDS for each pixel. */
  readonly bars: Readonly<Record<Side, Bars>> | undefined;
  readonly spectra: Readonly<Record<Side, Uint8Array<ArrayBuffer>>> | undefined;
  /** Absent for a call that is over. */
  readonly levels: Readonly<Record<Side, Level>> | undefined;
}

type Stretch = Pick<Scene, 'shift' | 'fromX' | 'toX' | 'wordsFromX'>;

/** Where something has changed, from left to right: anything but words, and words. */
interface Dirt {
  readonly anyX: number;
  readonly wordsX: number;
}

export interface Looks {
  readonly palette: Palette;
  readonly scale: number;
  readonly hasSpectrum: boolean;
  readonly selected: number | undefined;
  readonly levels: Scene['levels'];
}

/** What has been painted last, and from it what the next picture needs. */
export class SceneMaker {
  #fromMs = NaN;
  #spanMs = NaN;
  #knownMs = 0;
  #same: readonly unknown[] = [];
  #entries: readonly Entry[] = [];
  #turns: readonly TurnSpan[] = [];
  #levels: Scene['levels'];

  /** The next picture is painted as a whole. */
  forget(): void {
    this.#fromMs = NaN;
  }

  /** @returns undefined where nothing has changed. */
  next(timeline: Timeline, viewport: Viewport, looks: Looks): Scene | undefined {
    const { scale, hasSpectrum, selected, palette, levels } = looks;
    const { fromMs, spanMs, width } = viewport;
    const entries = visible(timeline, viewport);
    const turns = visibleTurns(timeline, viewport);
    const same = [timeline, width, scale, hasSpectrum, selected, palette];
    const isNew =
      !same.every((value, i) => value === this.#same[i]) ||
      spanMs !== this.#spanMs ||
      Number.isNaN(this.#fromMs);
    const stretch = isNew
      ? wholeOf(viewport)
      : this.#stretch(viewport, scale, this.#dirtFrom(timeline, viewport, entries, turns));
    const { shift, fromX, toX, wordsFromX } = stretch;
    const isSame = shift === 0 && Math.min(fromX, wordsFromX) >= toX;
    if (isSame && levels === this.#levels) return undefined;
    const scene: Scene = {
      ...stretch,
      fromMs,
      spanMs,
      width,
      durationMs: timeline.durationMs,
      selected,
      entries: isEqual(entries, this.#entries) ? undefined : entries.map(withoutDetail),
      turns: isEqual(turns, this.#turns) ? undefined : turns,
      bars: hasSpectrum
        ? undefined
        : {
            caller: barsOf(timeline.caller, viewport, fromX, toX),
            agent: barsOf(timeline.agent, viewport, fromX, toX),
          },
      spectra: hasSpectrum
        ? {
            caller: bandsOf(timeline.callerSpectra, viewport, fromX, toX),
            agent: bandsOf(timeline.agentSpectra, viewport, fromX, toX),
          }
        : undefined,
      levels,
    };
    [this.#fromMs, this.#spanMs, this.#same] = [fromMs, spanMs, same];
    [this.#entries, this.#turns, this.#levels] = [entries, turns, levels];
    this.#knownMs = knownMs(timeline);
    return scene;
  }

  #stretch({ fromMs, msPerPixel, width }: Viewport, scale: number, dirt: Dirt): Stretch {
    const moved = ((fromMs - this.#fromMs) / msPerPixel) * scale;
    const shift = Math.round(moved);
    const by = shift / scale;
    const all = wholeOf({ width });
    if (Math.abs(moved - shift) > WHOLE || Math.abs(by) > width / 2) return all;
    if (shift >= 0) {
      const within = (x: number) => Math.min(width, Math.max(0, Math.floor(x)));
      const fromX = within(Math.min(width - (by && by + 2), dirt.anyX));
      return { shift, fromX, toX: width, wordsFromX: within(dirt.wordsX) };
    }
    if (Math.min(dirt.anyX, dirt.wordsX) < width) return all;
    return { shift, fromX: 0, toX: Math.ceil(2 - by), wordsFromX: width };
  }

  /** From where on the picture is another one, apart from having moved; its width where it is not. */
  #dirtFrom(
    timeline: Timeline,
    viewport: Viewport,
    entries: readonly Entry[],
    turns: readonly TurnSpan[],
  ): Dirt {
    let ms = knownMs(timeline) === this.#knownMs ? Infinity : this.#knownMs;
    let wordsMs = Infinity;
    const known = new Set(this.#entries);
    entries.forEach((entry, i) => {
      if (known.has(entry)) return;
      // The words before it have another room from now on.
      const { kind, side } = entry;
      const before = entries
        .slice(0, i)
        .findLast((each) => each.kind === kind && each.side === side);
      const from = Math.min(entry.at, before?.at ?? Infinity);
      if (kind === 'transcript') wordsMs = Math.min(wordsMs, from);
      else ms = Math.min(ms, from);
    });
    const knownTurns = new Set(this.#turns);
    turns.forEach((turn, i) => {
      if (knownTurns.has(turn)) return;
      const { callerStartedMs, agentStartedMs } = turn;
      // So has the figure of the turn before it.
      const before = turns[i - 1]?.agentStartedMs ?? Infinity;
      ms = Math.min(ms, before, callerStartedMs ?? agentStartedMs ?? -Infinity);
    });
    const xOf = (each: number) =>
      each === Infinity ? viewport.width : viewport.xOf(each) - MARGIN;
    return { anyX: xOf(ms), wordsX: xOf(wordsMs) };
  }
}

function wholeOf({ width }: Pick<Viewport, 'width'>): Stretch {
  return { shift: 0, fromX: 0, toX: width, wordsFromX: 0 };
}

/** How far both voices are known. */
function knownMs({ caller, agent }: Timeline): number {
  return Math.min(caller.total, agent.total) * COLUMN_MS;
}

function isEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

/** Whole SIP messages are not painted. */
function withoutDetail({ detail: _, ...entry }: Entry): Entry {
  return entry;
}

const peak: Peak = { low: 0, high: 0, rms: 0, flags: 0 };

/** One bar per column of the envelope where they are wider than a pixel, else one per pixel. */
export function barsOf(envelope: Envelope, viewport: Viewport, fromX: number, toX: number): Bars {
  const columns = Math.max(1, viewport.msPerPixel / COLUMN_MS);
  const first = Math.floor(viewport.msAt(fromX) / COLUMN_MS / columns);
  const last = Math.ceil(viewport.msAt(toX) / COLUMN_MS / columns);
  const values = new Int16Array(Math.max(0, last - first) * COLUMN_FIELDS);
  for (let i = first; i < last; i += 1) {
    const at = (i - first) * COLUMN_FIELDS;
    const isKnown = envelope.read(i * columns, Math.max(i * columns + 1, (i + 1) * columns), peak);
    values[at] = peak.low;
    values[at + 1] = peak.high;
    values[at + 2] = isKnown ? peak.rms : -1;
    values[at + 3] = peak.flags;
  }
  return { first, columns, values };
}

function bandsOf(
  spectra: Spectra,
  viewport: Viewport,
  fromX: number,
  toX: number,
): Uint8Array<ArrayBuffer> {
  const x = Math.floor(fromX);
  const count = Math.max(0, Math.ceil(toX) - x);
  const bands = new Uint8Array(count * BANDS);
  for (let i = 0; i < count; i += 1) {
    const column = Math.floor(viewport.msAt(x + i) / COLUMN_MS);
    for (let band = 0; band < BANDS; band += 1) bands[i * BANDS + band] = spectra.at(column, band);
  }
  return bands;
}
