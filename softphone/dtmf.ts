/**
 * DTMF digits as named telephone events (RFC 4733 section 2.3,
 * https://www.rfc-editor.org/rfc/rfc4733#section-2.3): one event is a run of packets with the
 * timestamp of its beginning and a growing duration; the last is marked and sent three times.
 */
const DIGITS = '0123456789*#ABCD';

export interface TelephoneEvent {
  readonly digit: string;
  readonly end: boolean;
  /** In timestamp units, since the beginning of the event. */
  readonly duration: number;
}

export function eventOf(digit: string): number | undefined {
  const event = digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1;
  return event < 0 ? undefined : event;
}

export function writeTelephoneEvent(
  into: Uint8Array,
  event: number,
  { end, duration }: { end: boolean; duration: number },
): void {
  into[0] = event;
  // Volume -10 dBm0, what softphones send.
  into[1] = (end ? 0x80 : 0) | 10;
  into[2] = duration >> 8;
  into[3] = duration & 0xff;
}

export function parseTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  const [event, flags, high, low] = payload;
  if (event === undefined || flags === undefined || high === undefined || low === undefined) {
    return undefined;
  }
  const digit = DIGITS[event];
  if (digit === undefined) return undefined;
  return { digit, end: (flags & 0x80) !== 0, duration: (high << 8) | low };
}
