/** What one check found: a verdict, a sentence, and what to do about it. */
import type { ErrorCode } from '../../common/errors.ts';

export interface Finding {
  /** What was looked at, in two or three words. */
  readonly check: string;
  readonly result: 'pass' | 'warn' | 'fail';
  readonly message: string;
  /** For anything but a pass. */
  readonly code?: ErrorCode;
  readonly todo?: string;
}

export function pass(check: string, message: string): Finding {
  return { check, result: 'pass', message };
}

export function warn(check: string, code: ErrorCode, message: string, todo: string): Finding {
  return { check, result: 'warn', code, message, todo };
}

export function fail(check: string, code: ErrorCode, message: string, todo: string): Finding {
  return { check, result: 'fail', code, message, todo };
}
