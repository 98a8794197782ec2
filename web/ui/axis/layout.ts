/** Where the rows of the time axis lie, and what lies under a pointer. All in CSS pixels. */
import type { Viewport } from '../../timeline/viewport.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import type { Entry, EntryKind, Side, TurnSpan } from '../../timeline/types.ts';

export interface Row {
  readonly top: number;
  readonly height: number;
}

export const RULER: Row = { top: 0, height: 20 };
export const VOICES: Readonly<Record<Side, Row>> = {
  caller: { top: 22, height: 70 },
  agent: { top: 144, height: 70 },
};
export const WORDS: Readonly<Record<Side, Row>> = {
  caller: { top: 95, height: 20 },
  agent: { top: 217, height: 20 },
};
export const TURNS: Row = { top: 119, height: 20 };
export const SIP: Row = { top: 243, height: 18 };
export const EVENTS: Row = { top: 263, height: 18 };
export const HEIGHT = 284;
/** Left of the rows, on the same canvas: the meters of both voices. */
export const GUTTER = 14;

/** A mark is no wider than its point, but no pointer is that steady. */
const REACH = 6;

export function rowOf({ kind, side }: Entry): Row {
  if (kind === 'transcript') return WORDS[side ?? 'agent'];
  return kind === 'sip' ? SIP : EVENTS;
}

/** Those that have a place of their own among the events. */
export const EVENT_KINDS: readonly EntryKind[] = [
  'call',
  'barge-in',
  'dtmf',
  'hold',
  'socket',
  'gap',
  'concealed',
  'error',
  'note',
];

/** Entries of which something is in sight, oldest first. */
export function visible(timeline: Timeline, viewport: Viewport): Entry[] {
  const { fromMs, toMs } = viewport;
  // Words are drawn to the right of their beginning, however far they reach.
  const reach = 400 * viewport.msPerPixel;
  return timeline.entries.filter(
    ({ at, endAt = at }) => at <= toMs && Math.max(endAt, at + reach) >= fromMs,
  );
}

/** Turns of which something is in sight: the figure behind the wait reaches to the right of it. */
export function visibleTurns(timeline: Timeline, viewport: Viewport): TurnSpan[] {
  const { fromMs, toMs } = viewport;
  const reach = 100 * viewport.msPerPixel;
  return timeline.turns.filter((turn) => {
    const { callerStartedMs, callerEndedMs, agentStartedMs, agentEndedMs } = turn;
    const end = agentEndedMs ?? agentStartedMs ?? callerEndedMs ?? Infinity;
    const isGoingOn = agentStartedMs !== undefined && agentEndedMs === undefined;
    return (callerStartedMs ?? agentStartedMs ?? 0) <= toMs && (isGoingOn || end + reach >= fromMs);
  });
}

/** The nearest mark of the row under the pointer. */
export function entryAt(
  timeline: Timeline,
  viewport: Viewport,
  x: number,
  y: number,
): Entry | undefined {
  let best: Entry | undefined;
  let nearest = Infinity;
  for (const entry of visible(timeline, viewport)) {
    const { top, height } = rowOf(entry);
    if (y < top || y > top + height) continue;
    const from = viewport.xOf(entry.at);
    const to = viewport.xOf(entry.endAt ?? entry.at);
    const distance = x < from ? from - x : entry.kind === 'transcript' ? 0 : Math.max(0, x - to);
    const isWithin = entry.kind === 'transcript' ? x >= from - REACH : distance <= REACH;
    // Of several the one that began last is on top.
    if (isWithin && distance <= nearest) [best, nearest] = [entry, distance];
  }
  return best;
}

export function turnAt(
  timeline: Timeline,
  viewport: Viewport,
  x: number,
  y: number,
): TurnSpan | undefined {
  if (y < TURNS.top || y > TURNS.top + TURNS.height) return undefined;
  const ms = viewport.msAt(x);
  return timeline.turns.findLast((turn) => {
    const from = turn.callerStartedMs ?? turn.agentStartedMs ?? Infinity;
    const to = turn.agentEndedMs ?? turn.agentStartedMs ?? turn.callerEndedMs ?? from;
    return ms >= from && ms <= to;
  });
}
