/**
 * Session timers: a call whose peer is gone without a BYE ends by itself. A Session-Expires that
 * goes out in an answer is a promise, so it is only sent when it is kept: as refresher we refresh at
 * half the interval, otherwise we hang up when no refresh has come.
 * RFC 4028 §9, §10: https://www.rfc-editor.org/rfc/rfc4028#section-10
 */
import { responseTo } from '../sip/build.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { After } from '../sip/timers.ts';
import { parseDecimal, parseParams } from '../sip/tokens.ts';

export const MIN_SE = 90;

export interface Session {
  readonly seconds: number;
  /** Whether the refreshes are ours to send. */
  readonly weRefresh: boolean;
}

interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

function parseSessionExpires(value: string | undefined): SessionExpires | undefined {
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(';');
  const seconds = parseDecimal((semicolon < 0 ? value : value.slice(0, semicolon)).trim(), 1e8);
  if (seconds === undefined) return undefined;
  const refresher = parseParams(semicolon < 0 ? '' : value.slice(semicolon))?.get('refresher');
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/** The 422 that a request asking for too short an interval gets. */
export function refuseShortSession(request: SipRequest, toTag: string): SipResponse | undefined {
  const asked = parseSessionExpires(request.headers.get('session-expires'));
  if (asked === undefined || asked.seconds >= MIN_SE) return undefined;
  const response = responseTo(request, 422, { toTag });
  response.headers.add('Min-SE', String(MIN_SE));
  return response;
}

/**
 * Settles the session timer in our 2xx to an INVITE or UPDATE: what the application asks for, else
 * what a request that names a refresher asks for, else none. The response is written accordingly.
 */
export function answerSession(request: SipRequest, response: SipResponse): Session | undefined {
  const asked = parseSessionExpires(request.headers.get('session-expires'));
  const given = parseSessionExpires(response.headers.get('session-expires'));
  response.headers.delete('session-expires');
  const chosen = given ?? (asked?.refresher === undefined ? undefined : asked);
  if (chosen === undefined) return undefined;
  const able = request.headers.list('supported').some((option) => option.toLowerCase() === 'timer');
  const wanted = chosen.refresher ?? asked?.refresher ?? 'uac';
  // Who does not know session timers cannot be made to refresh.
  const refresher = able ? wanted : 'uas';
  const seconds = Math.max(chosen.seconds, MIN_SE);
  response.headers.add('Session-Expires', `${seconds};refresher=${refresher}`);
  if (refresher === 'uac' && !hasTimer(response)) response.headers.add('Require', 'timer');
  return { seconds, weRefresh: refresher === 'uas' };
}

function hasTimer(response: SipResponse): boolean {
  return response.headers.list('require').some((option) => option.toLowerCase() === 'timer');
}

/** What a 2xx to our own INVITE or UPDATE has settled. */
export function answeredSession(response: SipResponse): Session | undefined {
  const settled = parseSessionExpires(response.headers.get('session-expires'));
  if (settled === undefined) return undefined;
  return {
    seconds: Math.max(settled.seconds, MIN_SE),
    weRefresh: settled.refresher !== 'uas',
  };
}

/** The running timer of one session; each refresh starts a new one. */
export class SessionTimer {
  private readonly stops: (() => void)[];

  constructor(
    after: After,
    { seconds, weRefresh }: Session,
    actions: { readonly refresh: () => void; readonly expire: () => void },
  ) {
    // Hang up a little before the peer does. RFC 4028 §10.
    const grace = Math.min(32, seconds / 3);
    this.stops = [after((seconds - grace) * 1000, actions.expire)];
    if (weRefresh) this.stops.push(after((seconds / 2) * 1000, actions.refresh));
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }
}
