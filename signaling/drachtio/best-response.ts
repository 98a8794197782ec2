/**
 * Which of the final responses of its branches a proxy passes on when none of them is a success.
 * RFC 3261 §16.7, steps 6 and 7: https://www.rfc-editor.org/rfc/rfc3261#section-16.7
 */
import { Headers } from '../sip/headers.ts';
import { SipResponse } from '../sip/message.ts';

/** Those that tell the caller how to do better are preferred to others of their class. */
const HELPFUL = [401, 407, 415, 420, 484];

export function bestOf(responses: readonly SipResponse[]): SipResponse | undefined {
  const [best] = [...responses].sort((a, b) => rank(a.status) - rank(b.status));
  if (best === undefined || (best.status !== 401 && best.status !== 407)) return best;
  return withAllChallenges(best, responses);
}

/** 6xx decides for all; else the lowest class, and in 4xx the helpful first. */
function rank(status: number): number {
  if (status >= 600) return 0;
  const helpful = HELPFUL.indexOf(status);
  return Math.floor(status / 100) * 1000 + (helpful < 0 ? 100 : helpful);
}

/** A caller that has to log in at several places must be told of all of them. */
function withAllChallenges(best: SipResponse, responses: readonly SipResponse[]): SipResponse {
  const merged = new SipResponse(
    best.status,
    best.reason,
    new Headers([...best.headers]),
    best.body,
  );
  for (const response of responses) {
    if (response === best || (response.status !== 401 && response.status !== 407)) continue;
    for (const name of ['WWW-Authenticate', 'Proxy-Authenticate'])
      for (const value of response.headers.all(name.toLowerCase())) merged.headers.add(name, value);
  }
  return merged;
}
