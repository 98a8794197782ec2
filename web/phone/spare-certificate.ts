/**
 * DTLS certificates, one of them always made in advance: making one takes 20 to 100 ms of the time
 * between INVITE and 200 OK. Each serves one call.
 */
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
/** Chrome's own certificates last 30 days; a page may wait longer than that for a call. */
const MARGIN_MS = 86_400_000;

export class SpareCertificate {
  #spare: Promise<RTCCertificate> | undefined;

  /** Makes one now, so that the first call does not wait for it. */
  prepare(): void {
    this.#spare ??= RTCPeerConnection.generateCertificate(P256);
  }

  async take(): Promise<RTCCertificate> {
    const taken = await (this.#spare ?? RTCPeerConnection.generateCertificate(P256));
    this.#spare = RTCPeerConnection.generateCertificate(P256);
    return taken.expires - Date.now() > MARGIN_MS ? taken : this.#spare;
  }
}
