/**
 * The transport protocols of an m= line (RFC 8866 section 5.14) that the engine speaks: plain RTP,
 * or DTLS-SRTP under any of its names. The two names without `UDP/TLS` are what WebRTC was called
 * before RFC 5764, and what phones with SRTP still write; they too need a fingerprint here.
 */
const PLAIN = ['RTP/AVP', 'RTP/AVPF'] as const;
const SECURE = ['UDP/TLS/RTP/SAVPF', 'UDP/TLS/RTP/SAVP', 'RTP/SAVPF', 'RTP/SAVP'] as const;

export const PROTOCOLS = [...PLAIN, ...SECURE] as const;

export type MediaProtocol = (typeof PROTOCOLS)[number];

export function isKnownProtocol(name: string): name is MediaProtocol {
  return (PROTOCOLS as readonly string[]).includes(name);
}

/** Whether the peer needs ICE and DTLS, which is what a page leg is for. */
export function isSecure(protocol: MediaProtocol): boolean {
  return (SECURE as readonly string[]).includes(protocol);
}
