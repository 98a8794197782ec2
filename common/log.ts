/**
 * The logging port: folders below server/ log through it and never print. Levels:
 * error = a person must act; warn = something was lost or degraded; info = one line per lifecycle
 * transition (never more than one a second in steady state); debug = for a developer of the bridge.
 */
import type { ErrorCode } from './errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Fields of one line; `callId` is the phone leg's Call-ID wherever a line belongs to a call. */
export interface LogFields {
  readonly code?: ErrorCode;
  readonly callId?: string;
  readonly [key: string]: unknown;
}

export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** A log that drops everything: for tests and for code run without one. */
export const silent: Log = () => undefined;
