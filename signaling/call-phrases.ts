/**
 * What callers and callees are told of how a call fares, in words for a person: softphones show the
 * reason phrase of a refusal, and the Reason header of a BYE or CANCEL ends up in their log and on
 * the page (RFC 3326, https://www.rfc-editor.org/rfc/rfc3326).
 */
import type { ErrorCode } from '../common/errors.ts';

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly code?: ErrorCode;
}

const MAX_PHRASE = 120;

/** A reason phrase is one line of text (RFC 3261 §25.1), and phones show it on a narrow display. */
export function phraseOf(reason: string): string {
  return reason.replace(/[\r\n]+/g, ' ').slice(0, MAX_PHRASE);
}

/** A Reason header; the cause is a SIP status code. */
export function reasonHeader(cause: number, text: string): string {
  return `SIP;cause=${cause};text="${phraseOf(text).replace(/["\\]/g, '\\$&')}"`;
}

/** Its text, for a person: `SIP;cause=200;text="Call completed elsewhere"`. */
export function textOfReason(header: string | undefined): string | undefined {
  const text = /;\s*text="((?:[^"\\]|\\.)*)"/i.exec(header ?? '')?.[1];
  return text === undefined || text === '' ? undefined : text.replace(/\\(.)/g, '$1');
}

/** Its cause, when that is a SIP status; 0 otherwise. */
export function causeOfReason(header: string | undefined): number {
  return Number(/^\s*SIP\s*;.*?\bcause=(\d{3})\b/i.exec(header ?? '')?.[1] ?? 0);
}

export const ELSEWHERE = 'Call completed elsewhere';

/** Of the refusals of everybody that was rung, the one the caller is told (RFC 3261 §16.7). */
export function bestOf(refusals: readonly Refusal[]): Refusal {
  const ranked = refusals.toSorted((a, b) => rankOf(a.status) - rankOf(b.status));
  return ranked[0] ?? { status: 480, reason: 'Nobody was there to ring' };
}

/** Somebody who declined or is busy says more than somebody who was not reached. */
function rankOf(status: number): number {
  if (status >= 600) return 0;
  if (status === 486) return 1;
  if (status === 480 || status === 408 || status === 487) return 3;
  return status >= 500 ? 4 : 2;
}
