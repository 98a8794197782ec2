/**
 * Session timers as the application asks for them: who refreshes, and how often. Keeping them (the
 * refreshes, and the BYE when none comes) is the SIP server's work, whichever server it is; it does
 * so once an answer says Session-Expires.
 * RFC 4028 §7, §9: https://www.rfc-editor.org/rfc/rfc4028#section-9
 */
import { parseDecimal, splitOutside } from './sip/tokens.ts';
import type { SipMessage } from './srf.ts';

/** The shortest interval that RFC 4028 §4 recommends. */
export const MIN_SE = 90;
/** Half an hour, as MicroSIP has it, where nothing else is configured. */
const INTERVAL_S = 1800;
const LONGEST_S = 86_400;

/** Of an INVITE to a phone: what it may do, and how often the call is to be refreshed. */
export function sessionOffer(minimum = MIN_SE, seconds = INTERVAL_S): Record<string, string> {
  return {
    Supported: 'timer, 100rel',
    'Session-Expires': String(Math.max(seconds, minimum)),
    'Min-SE': String(minimum),
  };
}

/** The interval that a 422 asks for; undefined when it names none that makes sense. */
export function minimumOf(minSe: string | undefined): number | undefined {
  const seconds = secondsIn(minSe);
  return seconds !== undefined && seconds > 0 && seconds <= LONGEST_S ? seconds : undefined;
}

/** Whether a request asks for an interval too short to be kept: 422. */
export function isTooShort(request: SipMessage): boolean {
  return (secondsIn(request.get('Session-Expires')) ?? MIN_SE) < MIN_SE;
}

/** Of a 2xx to a phone that asked for a session timer: it refreshes itself unless it says otherwise. */
export function sessionAnswer(request: SipMessage): Record<string, string> {
  const asked = request.get('Session-Expires');
  const seconds = secondsIn(asked);
  if (seconds === undefined || !lists(request, 'Supported', 'timer')) return {};
  const isOurs = /;\s*refresher\s*=\s*uas\b/i.test(asked ?? '');
  return {
    'Session-Expires': `${Math.max(seconds, MIN_SE)};refresher=${isOurs ? 'uas' : 'uac'}`,
    ...(!isOurs && { Require: 'timer' }),
  };
}

/** Whether a comma-separated header names an option. */
export function lists(request: SipMessage, header: string, option: string): boolean {
  return splitOutside(request.get(header) ?? '', ',').some(
    (value) => value.trim().toLowerCase() === option,
  );
}

function secondsIn(value: string | undefined): number | undefined {
  return parseDecimal(value?.split(';')[0]?.trim() ?? '', 2 ** 31);
}
