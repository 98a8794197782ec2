/**
 * Which codec the call will use, read from the offer: the first audio format of the m= line is the
 * one both sides send (RFC 3264, https://www.rfc-editor.org/rfc/rfc3264#section-6.1). G.711 has
 * static payload types (RFC 3551, https://www.rfc-editor.org/rfc/rfc3551#section-6).
 */
const PCMU = '0';
const PCMA = '8';

/** Whether the worker can decode the caller's audio itself. */
export function isG711Offer(sdp: string): boolean {
  const [, first] = /^m=audio \d+ \S+ (\d+)/m.exec(sdp) ?? [];
  return first === PCMU || first === PCMA;
}
