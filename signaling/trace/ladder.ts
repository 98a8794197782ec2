/**
 * A call's messages as a ladder that a person reads: the phone on the left, the bridge in the
 * middle, the page on the right, time going down; below it every message in full. Of a call between
 * phones those that were called are on the right.
 */
import { placeOf, summaryOf, type TraceEntry } from './ring.ts';

/** Columns between two lines of the ladder. */
const SPAN = 44;
/** Columns in front of the first line: the time and a number. */
const MARGIN = 16;

export function ladderOf(callId: string, entries: readonly TraceEntry[]): string {
  const first = entries[0];
  if (first === undefined) return `No message of call ${callId} is kept.\n`;
  const hasPage = entries.some(({ leg }) => leg === 'page');
  const isLeft = ({ leg, sipCallId }: TraceEntry): boolean =>
    leg === 'phone' && (hasPage || sipCallId === callId);
  const lines = [
    `Call ${callId}, from ${new Date(first.at).toISOString()}`,
    '',
    ...header(entries, isLeft),
  ];
  for (const [index, entry] of entries.entries())
    lines.push(rung(entry, isLeft(entry), `${index + 1}`, entry.at - first.at));
  lines.push('');
  for (const [index, entry] of entries.entries()) {
    const time = new Date(entry.at).toISOString();
    const way = entry.direction === 'in' ? 'from' : 'to';
    const place = placeOf(entry.remote) || 'an address that is not known';
    lines.push(
      `#${index + 1}  ${time}  ${way} the ${entry.leg} at ${entry.protocol}/${place}`,
      '',
      entry.text.trimEnd().replaceAll('\r\n', '\n'),
      '',
    );
  }
  return `${lines.join('\n')}\n`;
}

function header(entries: readonly TraceEntry[], isLeft: (entry: TraceEntry) => boolean): string[] {
  const left = entries.filter(isLeft);
  const right = entries.filter((entry) => !isLeft(entry));
  const place = (side: readonly TraceEntry[]): string => {
    const entry = side.find(({ remote }) => remote.address !== '');
    return entry === undefined ? '' : `${entry.protocol}/${placeOf(entry.remote)}`;
  };
  return [
    above(['phone', 'bridge', right[0]?.leg ?? 'page']),
    above([place(left), '', place(right)]),
    above(['│', '│', '│']),
  ];
}

/** Puts each text with its middle above its line of the ladder. */
function above(texts: readonly string[]): string {
  let line = '';
  for (const [index, text] of texts.entries()) {
    const start = MARGIN + index * (SPAN + 1) - Math.floor(text.length / 2);
    if (text !== '') line = line.padEnd(start) + text;
  }
  return line;
}

function rung(entry: TraceEntry, isLeft: boolean, number: string, ms: number): string {
  const time = `${`+${ms} ms`.padStart(MARGIN - 6)}${`#${number}`.padStart(5)} `;
  const label = summaryOf(entry.text).slice(0, SPAN - 8);
  // In from the left and out to the right both go to the right.
  const right = isLeft === (entry.direction === 'in');
  const dashes = '─'.repeat(SPAN - 5 - label.length);
  const arrow = right ? `── ${label} ${dashes}▶` : `◀─ ${label} ${dashes}─`;
  const blank = ' '.repeat(SPAN);
  return isLeft ? `${time}│${arrow}│${blank}│` : `${time}│${blank}│${arrow}│`;
}
