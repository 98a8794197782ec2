/**
 * Repeats a challenged request with credentials: the same request with the next CSeq and an
 * Authorization for each challenge that could be answered (RFC 3261 section 22.2 and 22.3,
 * https://www.rfc-editor.org/rfc/rfc3261#section-22.2).
 */
import { randomBytes } from 'node:crypto';
import { Headers } from '../signaling/sip/headers.ts';
import { SipRequest, type SipResponse } from '../signaling/sip/message.ts';
import { parseChallenge, writeAuthorization, type Challenge, type Credentials } from './digest.ts';

/** The headers a repeated request gets anew. */
const RENEWED = new Set(['via', 'cseq', 'content-length', 'authorization', 'proxy-authorization']);

/** The first challenge we know how to answer: servers list the best one first (RFC 8760). */
export function challengeIn(response: SipResponse): Challenge | undefined {
  if (response.status !== 401 && response.status !== 407) return undefined;
  const header = response.status === 407 ? 'proxy-authenticate' : 'www-authenticate';
  for (const value of response.headers.all(header)) {
    const challenge = parseChallenge(value);
    if (challenge) return challenge;
  }
  return undefined;
}

export function authorized(
  request: SipRequest,
  { status, challenge }: { readonly status: number; readonly challenge: Challenge },
  credentials: Credentials,
  cseq: number,
): SipRequest {
  const name = status === 407 ? 'Proxy-Authorization' : 'Authorization';
  const value = writeAuthorization(challenge, credentials, {
    method: request.method,
    uri: request.uri,
    cnonce: randomBytes(16).toString('hex'),
    nonceCount: 1,
  });
  const headers = new Headers();
  let placed = false;
  for (const { key, value: kept, line } of request.headers) {
    if (key === 'cseq') headers.add('CSeq', `${cseq} ${request.method}`);
    if (RENEWED.has(key)) continue;
    if (key === 'content-type') {
      headers.add(name, value);
      placed = true;
    }
    headers.add(line.slice(0, line.indexOf(':')), kept);
  }
  if (!placed) headers.add(name, value);
  return new SipRequest(request.method, request.uri, headers, request.body);
}
