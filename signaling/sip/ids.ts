/**
 * The random names SIP is made of. 128 random bits each, so that calls are not mixed up and tags
 * cannot be guessed (RFC 3261 §19.3: https://www.rfc-editor.org/rfc/rfc3261#section-19.3).
 */
import { randomUUID } from 'node:crypto';
import { MAGIC_COOKIE } from './via.ts';

export function newBranch(): string {
  return MAGIC_COOKIE + randomUUID().replaceAll('-', '');
}

export function newTag(): string {
  return randomUUID().replaceAll('-', '').slice(0, 20);
}

export function newCallId(): string {
  return randomUUID();
}

/** A first CSeq number: drawn from the clock, small enough to be counted up for a lifetime. */
export function newCSeq(): number {
  return Math.floor(Date.now() / 10) & 0x07ff_ffff;
}
