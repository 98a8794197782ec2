/**
 * Names the DTLS association of a page's description (RFC 8842 §5, `a=tls-id`), which browsers leave
 * out. Without it a newer rtpengine takes an ICE restart for a new association and waits for a
 * handshake that the browser, whose DTLS goes on, never begins. The fingerprint stands for the
 * association: a page has one certificate for as long as a call's DTLS lasts.
 * https://www.rfc-editor.org/rfc/rfc8842#section-5
 */
const FINGERPRINT = /^a=fingerprint:\S+ ([0-9A-F:]+)[ \t]*(\r?\n|$)/gim;

/** Gives an SDP without fingerprint, or that names its association itself, back as it is. */
export function withTlsId(sdp: string): string {
  if (/^a=tls-id:/m.test(sdp)) return sdp;
  return sdp.replace(FINGERPRINT, (line, digest: string, end: string) => {
    const id = digest.replaceAll(':', '').toLowerCase();
    return `${line}${end === '' ? '\r\n' : ''}a=tls-id:${id}${end}`;
  });
}
