/** What one check found, in the words of common/api.ts. */
import type { Finding } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';

export type { Finding };

export function pass(check: string, message: string): Finding {
  return { check, result: 'pass', message };
}

export function warn(check: string, code: ErrorCode, message: string, todo: string): Finding {
  return { check, result: 'warn', code, message, todo };
}

export function fail(check: string, code: ErrorCode, message: string, todo: string): Finding {
  return { check, result: 'fail', code, message, todo };
}
