/**
 * What keeps a stranger from filling the memory or the log: bounds on what is accepted, a budget of
 * messages per source, and log lines that are no flood themselves. Every refusal is counted.
 * RFC 3261 §26.1.5 (denial of service): https://www.rfc-editor.org/rfc/rfc3261#section-26.1.5
 */
import type { Log, LogFields } from '../../common/log.ts';
import type { ErrorCode } from '../../common/errors.ts';

export interface Limits {
  /** Of one message, head and body. A datagram cannot hold more than 65,507. */
  readonly messageBytes: number;
  /** Header lines of one message. */
  readonly headers: number;
  /** Alive at once, both directions; beyond it new requests get 503. */
  readonly transactions: number;
  /** Alive at once, calls and subscriptions; beyond it those that would open one get 503. */
  readonly dialogs: number;
  /** Connections to one TCP or WebSocket listener. */
  readonly connections: number;
  /** From one address; more are dropped unread. Loopback, this machine itself, is exempt. */
  readonly messagesPerSecond: number;
}

export const DEFAULT_LIMITS: Limits = {
  messageBytes: 1_048_576,
  headers: 256,
  transactions: 50_000,
  dialogs: 10_000,
  connections: 2_000,
  messagesPerSecond: 500,
};

/** Sources remembered at once; the one that was quiet for longest goes first. */
const MAX_SOURCES = 10_000;

/** A second's worth of messages at once for each source, and that many again each second. */
export class SourceRates {
  private readonly perSecond: number;
  private readonly now: () => number;
  private readonly exempt: (address: string) => boolean;
  private readonly budgets = new Map<string, { left: number; at: number }>();

  constructor(perSecond: number, now: () => number, exempt = isLoopback) {
    this.perSecond = perSecond;
    this.now = now;
    this.exempt = exempt;
  }

  get size(): number {
    return this.budgets.size;
  }

  admits(address: string): boolean {
    if (this.exempt(address)) return true;
    const now = this.now();
    const budget = this.budgets.get(address) ?? { left: this.perSecond, at: now };
    const earned = ((now - budget.at) / 1000) * this.perSecond;
    budget.left = Math.min(this.perSecond, budget.left + earned);
    budget.at = now;
    // Put behind the others, so that the first is the one that was quiet for longest.
    this.budgets.delete(address);
    this.budgets.set(address, budget);
    const oldest = this.budgets.keys().next();
    if (this.budgets.size > MAX_SOURCES && oldest.done !== true) this.budgets.delete(oldest.value);
    if (budget.left < 1) return false;
    budget.left--;
    return true;
  }
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

const QUIET_MS = 10_000;

/** One line for each kind of trouble every ten seconds, with how often it happened meanwhile. */
export class Complaints {
  private readonly log: Log;
  private readonly now: () => number;
  private readonly kinds = new Map<ErrorCode, { at: number; unsaid: number }>();

  constructor(log: Log, now: () => number) {
    this.log = log;
    this.now = now;
  }

  say(code: ErrorCode, message: string, fields: LogFields = {}): void {
    const now = this.now();
    const kind = this.kinds.get(code);
    if (kind !== undefined && now - kind.at < QUIET_MS) {
      kind.unsaid++;
      return;
    }
    this.kinds.set(code, { at: now, unsaid: 0 });
    const unsaid = kind?.unsaid ?? 0;
    this.log('warn', message, { code, ...(unsaid > 0 && { unsaid }), ...fields });
  }
}
