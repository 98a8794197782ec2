/**
 * The last SIP messages of all legs, bounded in number and in bytes, with an index by call. All legs
 * of a call are found under its id: the INVITE to or from a page names the call it belongs to
 * (X-Bridge-Call-ID), and of every other leg the calls say so themselves (tie), before its first
 * message where the leg is ours to begin.
 */
import { HEADER_CALL_ID } from '../../common/api.ts';
import type { SipEvent } from '../../common/events.ts';
import type { TracedMessage } from '../sip/trace.ts';
import type { Endpoint } from '../sip/transport.ts';
import { hostPort } from '../sip/uri.ts';
import { masked } from './mask.ts';

export interface TraceOptions {
  readonly maxMessages?: number;
  readonly maxBytes?: number;
  /** Every message as it is stored. */
  readonly onEntry?: (entry: TraceEntry) => void;
}

export interface TraceEntry extends TracedMessage {
  /** The Call-ID in the message. */
  readonly sipCallId: string;
  readonly callId: string;
  readonly leg: LegKind;
}

type LegKind = 'phone' | 'page';

/** What is known of a leg whose Call-ID is not that of its call, or whose kind had to be told. */
interface Tie {
  readonly kind: LegKind;
  /** Its call; after a transfer into another one both, the present one last. */
  readonly callIds: readonly string[];
}

const MAX_MESSAGES = 20_000;
const MAX_BYTES = 16 * 1024 * 1024;
const CALL_ID = /^(?:call-id|i)[ \t]*:[ \t\r\n]*(\S+)/im;
const TIE = new RegExp(`^${HEADER_CALL_ID}[ \\t]*:[ \\t]*(\\S+)`, 'im');

export class TraceRing {
  private readonly maxMessages: number;
  private readonly maxBytes: number;
  private readonly onEntry: ((entry: TraceEntry) => void) | undefined;
  /** Oldest first; everything before `first` is dropped. */
  private entries: TraceEntry[] = [];
  private first = 0;
  private bytes = 0;
  private readonly bySipCallId = new Map<string, TraceEntry[]>();
  /** A leg's Call-ID → its calls, and back. */
  private readonly ties = new Map<string, Tie>();
  private readonly legs = new Map<string, Set<string>>();

  constructor(options: TraceOptions = {}) {
    this.maxMessages = options.maxMessages ?? MAX_MESSAGES;
    this.maxBytes = options.maxBytes ?? MAX_BYTES;
    this.onEntry = options.onEntry;
  }

  get size(): number {
    return this.entries.length - this.first;
  }

  get usedBytes(): number {
    return this.bytes;
  }

  add(message: TracedMessage): void {
    const text = masked(message.text);
    const head = headOf(text);
    const sipCallId = CALL_ID.exec(head)?.[1] ?? '';
    // Only our own INVITE and a page's are believed: what a phone writes there ties nothing.
    const isBelieved = message.direction === 'out' || message.protocol === 'ws';
    if (isBelieved && head.startsWith('INVITE ')) {
      const callId = TIE.exec(head)?.[1];
      if (callId !== undefined) this.tie(callId, sipCallId, 'page');
    }
    const tied = this.ties.get(sipCallId);
    const callId = tied?.callIds.at(-1) ?? sipCallId;
    const leg = tied?.kind ?? (message.protocol === 'ws' ? 'page' : 'phone');
    const entry: TraceEntry = { ...message, text, sipCallId, callId, leg };
    this.entries.push(entry);
    this.bytes += weight(entry);
    const leg_ = this.bySipCallId.get(sipCallId);
    if (leg_ === undefined) this.bySipCallId.set(sipCallId, [entry]);
    else leg_.push(entry);
    while (this.size > this.maxMessages || this.bytes > this.maxBytes) this.dropOldest();
    this.onEntry?.(entry);
  }

  /** Says that a leg belongs to a call, and who it is; before its first message or after it. */
  tie(callId: string, sipCallId: string, kind: LegKind): void {
    if (sipCallId === '') return;
    const { callIds = [] } = this.ties.get(sipCallId) ?? {};
    if (callIds.at(-1) === callId) return;
    // Moved to the end, so that the oldest tie is the first one.
    this.ties.delete(sipCallId);
    this.ties.set(sipCallId, { kind, callIds: [...callIds.filter((id) => id !== callId), callId] });
    const legs = this.legs.get(callId);
    if (legs === undefined) this.legs.set(callId, new Set([sipCallId]));
    else legs.add(sipCallId);
    const oldest = this.ties.keys().next();
    if (this.ties.size > this.maxMessages && oldest.done !== true) this.untie(oldest.value);
  }

  /** Every message of every leg of a call, in the order in which they passed. */
  of(callId: string): readonly TraceEntry[] {
    const legs = new Set([callId, ...(this.legs.get(callId) ?? [])]);
    const found = [...legs].flatMap((sipCallId) => {
      const kind = this.ties.get(sipCallId)?.kind;
      // What came before the tie was stored as a call of its own.
      return (this.bySipCallId.get(sipCallId) ?? []).map((entry) => ({
        ...entry,
        callId,
        leg: kind ?? entry.leg,
      }));
    });
    // Entries of one leg are in order already; a stable sort merges the legs.
    return found.sort((a, b) => a.at - b.at);
  }

  private dropOldest(): void {
    const entry = this.entries[this.first];
    if (entry === undefined) return;
    this.first++;
    this.bytes -= weight(entry);
    const leg = this.bySipCallId.get(entry.sipCallId);
    leg?.shift();
    if (leg?.length === 0) {
      this.bySipCallId.delete(entry.sipCallId);
      this.untie(entry.sipCallId);
    }
    if (this.first > 1024 && this.first * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
  }

  private untie(sipCallId: string): void {
    const { callIds = [] } = this.ties.get(sipCallId) ?? {};
    this.ties.delete(sipCallId);
    for (const callId of callIds) {
      const legs = this.legs.get(callId);
      legs?.delete(sipCallId);
      if (legs?.size === 0) this.legs.delete(callId);
    }
  }
}

/** An entry as the API and the event stream give it out. */
export function eventOf(entry: TraceEntry): SipEvent {
  return {
    type: 'sip',
    at: new Date(entry.at).toISOString(),
    callId: entry.callId,
    sipCallId: entry.sipCallId,
    leg: entry.leg,
    direction: entry.direction,
    transport: entry.protocol,
    local: placeOf(entry.local),
    remote: placeOf(entry.remote),
    summary: summaryOf(entry.text),
    text: entry.text,
  };
}

/** `INVITE sip:1001@127.0.0.1`, `200 OK (INVITE)`. */
export function summaryOf(text: string): string {
  const end = text.indexOf('\r\n');
  const line = end < 0 ? text : text.slice(0, end);
  if (!line.startsWith('SIP/2.0 ')) return line.replace(/ SIP\/\d\.\d$/, '');
  const method = /^cseq[ \t]*:[ \t]*\d+[ \t]+(\S+)/im.exec(headOf(text))?.[1];
  return method === undefined ? line.slice(8) : `${line.slice(8)} (${method})`;
}

export function placeOf({ address, port }: Endpoint): string {
  return address === '' ? '' : hostPort(address, port);
}

function headOf(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? text : text.slice(0, end);
}

/** What an entry takes, roughly: its text and the object around it. */
function weight(entry: TraceEntry): number {
  return entry.text.length + 200;
}
