/**
 * A call's SIP messages as a ladder: one line down for each party, an arrow across for each message.
 * The phone that began is on the left, the bridge beside it, then every other leg by its Call-ID in
 * the order in which they came, so that pages that rang together stand beside one another.
 */
import type { SipEvent } from '../../common/events.ts';
import { readSip, type SipText } from './message.ts';

export interface LadderColumn {
  readonly name: string;
  /** address:port, where it is known. */
  readonly place: string;
  /** Empty of the bridge. */
  readonly sipCallId: string;
}

/** What a message is, by which it is coloured. */
export type RungKind = 'request' | 'ringing' | 'success' | 'redirect' | 'failure';

export interface Rung {
  readonly message: SipEvent;
  readonly sip: SipText;
  /** Since the first message. */
  readonly ms: number;
  /** Columns. */
  readonly from: number;
  readonly to: number;
  readonly kind: RungKind;
  /** What travelled from where to where, in words. */
  readonly words: string;
}

export interface Ladder {
  readonly columns: readonly LadderColumn[];
  readonly rungs: readonly Rung[];
}

const BRIDGE = 1;

/** @param callId of the call: the leg that has it too is the one on the left. */
export function ladderOf(callId: string, messages: readonly SipEvent[]): Ladder {
  const legs = [...new Set(messages.map(({ sipCallId }) => sipCallId))];
  const first = legs.includes(callId) ? callId : legs[0];
  if (first === undefined) return { columns: [], rungs: [] };
  const others = legs.filter((leg) => leg !== first);
  const numbered = (kind: SipEvent['leg']): boolean =>
    others.filter((leg) => kindOf(messages, leg) === kind).length > 1;
  const seen = { phone: 0, page: 0 };
  const columns: LadderColumn[] = [
    columnOf(messages, first, kindOf(messages, first)),
    { name: 'bridge', place: '', sipCallId: '' },
    ...others.map((leg) => {
      const kind = kindOf(messages, leg);
      seen[kind] += 1;
      return columnOf(messages, leg, numbered(kind) ? `${kind} ${seen[kind]}` : kind);
    }),
  ];
  const began = Date.parse(messages[0]?.at ?? '');
  const rungs = messages.map((message): Rung => {
    const sip = readSip(message.text);
    const party = columns.findIndex(({ sipCallId }) => sipCallId === message.sipCallId);
    const [from, to] = message.direction === 'in' ? [party, BRIDGE] : [BRIDGE, party];
    const name = (column: number): string => columns[column]?.name ?? '';
    return {
      message,
      sip,
      ms: Date.parse(message.at) - began,
      from,
      to,
      kind: rungKind(sip.status),
      words: `${name(from)} to ${name(to)}`,
    };
  });
  return { columns, rungs };
}

function columnOf(messages: readonly SipEvent[], sipCallId: string, name: string): LadderColumn {
  const known = messages.find((each) => each.sipCallId === sipCallId && each.remote !== '');
  const place = known === undefined ? '' : `${known.transport.toUpperCase()} ${known.remote}`;
  return { name, place, sipCallId };
}

function kindOf(messages: readonly SipEvent[], sipCallId: string): SipEvent['leg'] {
  return messages.find((each) => each.sipCallId === sipCallId)?.leg ?? 'phone';
}

function rungKind(status: number | undefined): RungKind {
  if (status === undefined) return 'request';
  if (status < 200) return 'ringing';
  if (status < 300) return 'success';
  return status < 400 ? 'redirect' : 'failure';
}
