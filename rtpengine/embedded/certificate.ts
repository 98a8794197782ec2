/**
 * The engine's DTLS certificate: self-signed, made at start, never stored. What proves us to the
 * page is its fingerprint in the SDP (RFC 8122, https://www.rfc-editor.org/rfc/rfc8122).
 */
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Certificate {
  readonly pem: string;
  readonly key: string;
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
}

const DAY_MS = 86_400_000;

export async function makeCertificate(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'rtpengine' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // Clocks of machines beside each other differ; nobody checks the dates, but they may be read.
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 365 * DAY_MS),
  });
  return { pem: cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
}
