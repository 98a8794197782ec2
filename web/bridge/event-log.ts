/**
 * What happened, for the person at the page: newest last, bounded, searched and copied. The same lines
 * go nowhere else; the server keeps its own log, with the same call ids.
 */
import type { ErrorCode } from '../../common/errors.ts';
import type { LogLevel } from '../../common/log.ts';

export const LOG_KINDS = ['page', 'call', 'sip', 'media', 'agent'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export interface LogEntry {
  readonly id: number;
  readonly at: Date;
  readonly level: LogLevel;
  readonly kind: LogKind;
  readonly text: string;
  readonly code?: ErrorCode;
  readonly callId?: string;
}

export interface EntryFields {
  readonly kind?: LogKind | undefined;
  readonly code?: ErrorCode | undefined;
  readonly callId?: string | undefined;
}

export interface LogFilter {
  readonly lowest: LogLevel;
  /** Undefined: all. */
  readonly kind?: LogKind | undefined;
  /** In the text, the code or the call's id, whatever the case. */
  readonly search: string;
}

const MAX_ENTRIES = 1_000;
const WEIGHT: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export class EventLog {
  entries: readonly LogEntry[] = [];
  readonly #now: () => Date;
  readonly #onChange: () => void;
  readonly #onEntry: (entry: LogEntry) => void;
  #nextId = 1;

  constructor(
    onChange: () => void,
    now: () => Date = () => new Date(),
    onEntry: (entry: LogEntry) => void = () => undefined,
  ) {
    this.#onChange = onChange;
    this.#onEntry = onEntry;
    this.#now = now;
  }

  add(level: LogLevel, text: string, fields: EntryFields = {}): void {
    const { code, callId, kind = kindOf(fields) } = fields;
    const entry: LogEntry = {
      id: this.#nextId,
      at: this.#now(),
      level,
      kind,
      text,
      ...(code === undefined ? {} : { code }),
      ...(callId === undefined ? {} : { callId }),
    };
    this.#nextId += 1;
    this.entries = [...this.entries.slice(1 - MAX_ENTRIES), entry];
    this.#onEntry(entry);
    this.#onChange();
  }
}

/** A code says by its name what it is about. */
function kindOf({ code: known, callId }: EntryFields): LogKind {
  const code: string = known ?? '';
  if (code.startsWith('AGENT_')) return 'agent';
  if (/^(?:MEDIA_|RTP|NO_AUDIO|NO_CODEC|PLAYOUT_)/.test(code)) return 'media';
  if (code.startsWith('SIP_') || code.startsWith('DRACHTIO_')) return 'sip';
  return callId === undefined ? 'page' : 'call';
}

export function filterLog(
  entries: readonly LogEntry[],
  { lowest, kind, search }: LogFilter,
): readonly LogEntry[] {
  const wanted = search.trim().toLowerCase();
  return entries.filter(
    (entry) =>
      WEIGHT[entry.level] >= WEIGHT[lowest] &&
      (kind === undefined || entry.kind === kind) &&
      [entry.text, entry.code, entry.callId].some((part) =>
        (part ?? '').toLowerCase().includes(wanted),
      ),
  );
}

/** One line per entry, for the clipboard and for bug reports. */
export function formatLog(entries: readonly LogEntry[]): string {
  return entries
    .map(({ at, level, text, code, callId }) =>
      [at.toISOString(), level.toUpperCase().padEnd(5), text, code && `[${code}]`, callId]
        .filter((part) => part !== undefined && part !== '')
        .join(' '),
    )
    .join('\n');
}

/** For programs: an array of the entries as they are. */
export function logAsJson(entries: readonly LogEntry[]): string {
  return JSON.stringify(
    entries.map(({ id: _, ...entry }) => entry),
    null,
    2,
  );
}
