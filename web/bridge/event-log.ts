/**
 * What happened, for the person at the page: newest last, bounded, copyable as text. The same lines
 * go nowhere else; the server keeps its own log, with the same call ids.
 */
import type { ErrorCode } from '../../common/errors.ts';
import type { LogLevel } from '../../common/log.ts';

export interface LogEntry {
  readonly id: number;
  readonly at: Date;
  readonly level: LogLevel;
  readonly text: string;
  readonly code?: ErrorCode;
  readonly callId?: string;
}

export interface EntryFields {
  readonly code?: ErrorCode | undefined;
  readonly callId?: string | undefined;
}

const MAX_ENTRIES = 500;

export class EventLog {
  entries: readonly LogEntry[] = [];
  readonly #now: () => Date;
  readonly #onChange: () => void;
  #nextId = 1;

  constructor(onChange: () => void, now: () => Date = () => new Date()) {
    this.#onChange = onChange;
    this.#now = now;
  }

  add(level: LogLevel, text: string, { code, callId }: EntryFields = {}): void {
    const entry: LogEntry = {
      id: this.#nextId,
      at: this.#now(),
      level,
      text,
      ...(code === undefined ? {} : { code }),
      ...(callId === undefined ? {} : { callId }),
    };
    this.#nextId += 1;
    this.entries = [...this.entries.slice(1 - MAX_ENTRIES), entry];
    this.#onChange();
  }
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
