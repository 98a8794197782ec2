/**
 * Everything of the axis that is no voice: the ruler, what was said, turns with the steps of each wait,
 * SIP messages, and all that happens in between.
 */
import { phasesOf } from '../../timeline/phases.ts';
import type { Entry, TurnSpan } from '../../timeline/types.ts';
import type { Viewport } from '../../timeline/viewport.ts';
import { formatClock, formatMs } from '../../bridge/format.ts';
import { EVENTS, RULER, SIP, TURNS, VOICES, WORDS, rowOf, type Row } from './layout.ts';
import type { Palette } from './palette.ts';

const STEPS_MS = [
  20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  1_800_000,
];
/** Between two marks of the ruler, at least. */
const LEAST_STEP = 72;
const LANES_END = WORDS.agent.top + WORDS.agent.height;
/** No sign of an event is wider, to either side of its time. */
const SIGN = 8;
/** No figure of a turn is longer. */
const LONGEST_FIGURE = 100;

type Context = OffscreenCanvasRenderingContext2D;

/** What is drawn, and where. */
export interface Marks {
  /** In sight, oldest first. */
  readonly entries: readonly Entry[];
  readonly turns: readonly TurnSpan[];
  readonly durationMs: number;
  readonly viewport: Viewport;
  readonly palette: Palette;
  readonly selected: number | undefined;
  /** What lies left of it stays as it is. */
  readonly fromX: number;
}

export function drawRuler(context: Context, { viewport, palette, fromX }: Marks): void {
  const step = STEPS_MS.find((ms) => ms / viewport.msPerPixel >= LEAST_STEP) ?? 3_600_000;
  context.font = `11px ${palette.font}`;
  context.textAlign = 'left';
  // The time stands to the right of its mark.
  const first = Math.ceil(viewport.msAt(fromX - LEAST_STEP) / step) * step;
  const digits = step >= 1_000 ? 0 : step >= 100 ? 1 : 2;
  for (let ms = first; ms <= viewport.toMs; ms += step) {
    const x = Math.round(viewport.xOf(ms));
    context.fillStyle = ms === 0 ? palette.lineStrong : palette.line;
    context.fillRect(x, RULER.top + RULER.height - 5, 1, 5);
    for (const { top, height } of Object.values(VOICES)) context.fillRect(x, top, 1, height);
    context.fillStyle = palette.ink3;
    context.fillText(formatClock(ms, digits), x + 4, RULER.top + 9);
  }
}

/** Under the voices: what holds for a stretch of the call. */
export function drawBands(context: Context, marks: Marks): void {
  const { entries, viewport, palette } = marks;
  for (const entry of entries.filter(lasts)) {
    const { kind, side, at } = entry;
    const x = viewport.xOf(at);
    const width = Math.max(1, viewport.xOf(endOf(entry, marks)) - x);
    if (kind === 'hold') {
      context.fillStyle = palette.amberSoft;
      for (const { top, height } of Object.values(VOICES)) context.fillRect(x, top, width, height);
    } else {
      const { top, height } = VOICES[side ?? 'caller'];
      context.fillStyle = kind === 'gap' ? palette.line : palette.amberSoft;
      context.fillRect(x, top, width, height);
    }
  }
}

export function drawMarks(context: Context, marks: Marks): void {
  const { entries, turns, viewport, palette, fromX } = marks;
  const isPast = (next: Entry | undefined) => next !== undefined && viewport.xOf(next.at) < fromX;
  for (const side of ['caller', 'agent'] as const) {
    const words = entries.filter((entry) => entry.kind === 'transcript' && entry.side === side);
    words.forEach((entry, i) => {
      if (!isPast(words[i + 1])) drawWords(context, marks, entry, words[i + 1]);
    });
  }
  for (const turn of turns) drawTurn(context, marks, turn);
  drawLatencies(context, marks);
  const sip = entries.filter(({ kind }) => kind === 'sip');
  sip.forEach((entry, i) => {
    if (!isPast(sip[i + 1])) drawSip(context, marks, entry, sip[i + 1]);
  });
  const events = entries.filter(
    (entry) =>
      entry.kind !== 'transcript' &&
      entry.kind !== 'sip' &&
      viewport.xOf(endOf(entry, marks)) + SIGN >= fromX,
  );
  // What is a point lies over what lasts: a key over the gap that it makes.
  for (const entry of events.filter(lasts)) drawEvent(context, marks, entry);
  for (const entry of events) if (!lasts(entry)) drawEvent(context, marks, entry);
  const selected = entries.find(({ id }) => id === marks.selected);
  if (selected === undefined) return;
  const { top, height } = rowOf(selected);
  const x = viewport.xOf(selected.at);
  context.fillStyle = palette.focus;
  context.fillRect(Math.round(x) - 1, RULER.height, 2, top + height - RULER.height);
}

function drawWords(context: Context, marks: Marks, entry: Entry, next: Entry | undefined): void {
  const { viewport, palette } = marks;
  const { top, height } = rowOf(entry);
  const x = viewport.xOf(entry.at);
  const side = entry.side ?? 'agent';
  const room = (next === undefined ? Infinity : viewport.xOf(next.at) - x) - 3;
  context.font = `${entry.isPartial ? 'italic ' : ''}12px ${palette.font}`;
  const text = fitted(context, entry.text, room - 10);
  const width = Math.min(room, context.measureText(text).width + 10);
  context.fillStyle = palette.voiceSoft[side];
  round(context, x, top, Math.max(3, width), height);
  context.fillStyle = palette.voice[side];
  context.fillRect(x, top, 2, height);
  if (text === '') return;
  context.fillStyle = entry.isPartial ? palette.ink2 : palette.ink;
  context.textAlign = 'left';
  context.fillText(text, x + 6, top + height / 2 + 1);
}

function drawTurn(
  context: Context,
  { viewport, palette, durationMs, fromX }: Marks,
  turn: TurnSpan,
): void {
  const { callerStartedMs, callerEndedMs, agentStartedMs, agentEndedMs } = turn;
  const spoke = agentStartedMs === undefined ? callerEndedMs : agentEndedMs;
  if (viewport.xOf(spoke ?? durationMs) + 1 < fromX) return;
  const { top, height } = TURNS;
  const bar = (start: number, end: number, colour: string, inset: number): void => {
    const x = viewport.xOf(start);
    context.fillStyle = colour;
    const width = Math.max(1, viewport.xOf(end) - x);
    context.fillRect(x, top + inset, width, height - 2 * inset);
  };
  if (callerStartedMs !== undefined) {
    bar(callerStartedMs, callerEndedMs ?? durationMs, palette.voice.caller, 7);
  }
  if (agentStartedMs !== undefined) {
    bar(agentStartedMs, agentEndedMs ?? durationMs, palette.voice.agent, 7);
  }
  for (const { name, fromMs, toMs } of phasesOf(turn)) bar(fromMs, toMs, palette.phase[name], 2);
}

/**
 * Over the bars of all turns: the next caller may begin right behind. A figure that the next one would
 * cover is left out, and stands in the table.
 */
function drawLatencies(context: Context, { turns, viewport, palette, fromX }: Marks): void {
  const { top, height } = TURNS;
  context.font = `600 11px ${palette.font}`;
  context.textAlign = 'left';
  const labels = turns.flatMap(({ latencyMs, agentStartedMs }) =>
    latencyMs === undefined || agentStartedMs === undefined
      ? []
      : [{ text: formatMs(latencyMs), x: viewport.xOf(agentStartedMs) + 4 }],
  );
  for (const [i, { text, x }] of labels.entries()) {
    if (x + LONGEST_FIGURE < fromX || x > viewport.width) continue;
    const width = context.measureText(text).width;
    const next = labels[i + 1];
    if (next !== undefined && next.x < x + width + 8) continue;
    context.fillStyle = palette.surface;
    round(context, x, top + 2, width + 8, height - 4);
    context.fillStyle = palette.ink;
    context.fillText(text, x + 4, top + height / 2 + 1);
  }
}

function drawSip(context: Context, marks: Marks, entry: Entry, next: Entry | undefined): void {
  const { viewport, palette } = marks;
  const x = viewport.xOf(entry.at);
  context.fillStyle = entry.level === 'info' ? palette.ink2 : palette.amber;
  context.fillRect(Math.round(x), SIP.top + 2, 2, SIP.height - 4);
  const room = (next === undefined ? Infinity : viewport.xOf(next.at) - x) - 6;
  context.font = `11px ${palette.font}`;
  context.textAlign = 'left';
  // The leg and the way are in the details.
  const text = fitted(context, entry.text.replace(/^.*?: /, '').replace(/ sips?:.*$/, ''), room);
  context.fillText(text, x + 5, SIP.top + SIP.height / 2 + 1);
}

function drawEvent(context: Context, marks: Marks, entry: Entry): void {
  const { viewport, palette } = marks;
  const { kind, at, level } = entry;
  const middle = EVENTS.top + EVENTS.height / 2;
  const x = viewport.xOf(at);
  const colour =
    level === 'error'
      ? palette.red
      : level === 'warn' || kind === 'barge-in' || kind === 'hold'
        ? palette.amber
        : palette.ink2;
  context.fillStyle = colour;
  if (kind === 'barge-in' || level === 'error') line(context, x, colour, EVENTS);
  if (lasts(entry)) {
    const end = viewport.xOf(endOf(entry, marks));
    context.fillRect(x, middle - 2, Math.max(3, end - x), 4);
    return;
  }
  if (kind === 'dtmf') {
    context.font = `600 12px ${palette.font}`;
    context.textAlign = 'center';
    context.fillText(/ (\S)\.$/.exec(entry.text)?.[1] ?? '·', x, middle + 1);
    return;
  }
  context.beginPath();
  if (kind === 'socket') context.rect(x - 4, middle - 4, 8, 8);
  else if (kind === 'barge-in') triangle(context, x, middle);
  else context.arc(x, middle, level === 'debug' ? 2.5 : 4, 0, 2 * Math.PI);
  context.fill();
}

function lasts({ kind }: Entry): boolean {
  return kind === 'hold' || kind === 'gap' || kind === 'concealed';
}

/** What lasts until now has no end yet; the others are where they are. */
function endOf(entry: Entry, { durationMs }: Marks): number {
  return entry.endAt ?? (lasts(entry) ? durationMs : entry.at);
}

/** Through the lanes down to the mark it belongs to. */
function line(context: Context, x: number, colour: string, row: Row): void {
  context.fillStyle = colour;
  context.fillRect(Math.round(x) - 0.5, RULER.height, 1, LANES_END - RULER.height);
  context.fillRect(Math.round(x) - 0.5, LANES_END, 1, row.top - LANES_END + row.height / 2);
}

function triangle(context: Context, x: number, middle: number): void {
  context.moveTo(x - 5, middle + 5);
  context.lineTo(x, middle - 5);
  context.lineTo(x + 5, middle + 5);
  context.closePath();
}

function round(context: Context, x: number, y: number, width: number, height: number): void {
  context.beginPath();
  context.roundRect(x, y, width, height, 3);
  context.fill();
}

/** As much of a text as has room, with an ellipsis; nothing where not even a few letters have. */
function fitted(context: Context, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  if (room < 20) return '';
  const cut = (letters: number) => `${text.slice(0, letters).trimEnd()}…`;
  let letters = Math.floor((text.length * room) / context.measureText(text).width);
  // Letters are not all as wide as the mean one.
  while (letters >= 2 && context.measureText(cut(letters)).width > room) letters -= 1;
  return letters < 2 ? '' : cut(letters);
}
