/**
 * What the INVITE to whoever is rung says of the call, beside its offer: to a page which call it is, by
 * headers of our own; to a phone who calls, by name (RFC 3325 §9.1,
 * https://www.rfc-editor.org/rfc/rfc3325#section-9.1).
 */
import {
  HEADER_CALL_ID,
  HEADER_DIALLED,
  HEADER_EXTENSION,
  HEADER_FORK,
  type CallStatus,
} from '../common/api.ts';
import type { Target } from './branch.ts';
import type { MediaPeer } from './media.ts';

export interface CalleeHeaders extends Pick<
  CallStatus,
  'callId' | 'caller' | 'dialled' | 'extension'
> {
  readonly callerKind: MediaPeer;
  /** host:port of the SIP server. */
  readonly domain: string;
  /** How many are rung. */
  readonly targets: number;
}

/** For the n-th of those that are rung. */
export function calleeHeaders(
  { callId, caller, callerKind, dialled, extension, domain, targets }: CalleeHeaders,
  { party }: Target,
  index: number,
): Record<string, string> {
  const identity = { 'P-Asserted-Identity': `<sip:${caller}@${domain}>` };
  if (party.kind === 'page') {
    return {
      ...identity,
      [HEADER_CALL_ID]: callId,
      [HEADER_DIALLED]: dialled,
      [HEADER_EXTENSION]: extension,
      ...(targets > 1 && { [HEADER_FORK]: String(targets) }),
    };
  }
  // By the name it is known under, not by where it happens to be.
  const headers = { ...identity, ...(party.binding && { To: `<sip:${party.binding.aor}>` }) };
  // Of a call between two phones the caller's Call-ID is the id, and this leg has one of its own.
  if (callerKind === 'phone') return headers;
  return { ...headers, 'Call-ID': index === 0 ? callId : `${callId}-${index + 1}` };
}
