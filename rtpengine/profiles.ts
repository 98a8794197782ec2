/**
 * The flag sets for the two kinds of peer: a WebRTC page and a plain RTP phone. Spread them into
 * offer() and answer(): the profile names the side the resulting SDP goes to.
 *
 * Addresses: phones behind NAT and phones on the bridge's own machine write addresses into their
 * SDP that their packets do not come from. `trust-address` only chooses where the first packets
 * go; both engines then learn the real source from the packets that arrive (symmetric RTP,
 * RFC 4961), so no flag needs to know about NAT.
 */
import type { MediaFlags } from './engine.ts';

const REPLACE = ['origin', 'session-connection'] as const;

/** SDP for a page: ICE, DTLS-SRTP (RFC 5764) and RTCP on the RTP port (RFC 5761), nothing optional. */
const PAGE = {
  ICE: 'force',
  'transport-protocol': 'UDP/TLS/RTP/SAVPF',
  'rtcp-mux': ['offer', 'require'],
  // The page opens the DTLS handshake once its ICE has a path; ours would only meet closed doors.
  DTLS: 'passive',
  // SDES keys beside a fingerprint make browsers refuse the offer.
  SDES: ['off'],
  replace: REPLACE,
} as const satisfies MediaFlags;

/** SDP for a phone: RTP/AVP with RTCP one port up, and no attribute it would not know. */
const PHONE = {
  ICE: 'remove',
  'transport-protocol': 'RTP/AVP',
  'rtcp-mux': ['demux'],
  DTLS: 'off',
  replace: REPLACE,
} as const satisfies MediaFlags;

export const OFFER_TO_PAGE = { ...PAGE, flags: ['generate-mid', 'trust-address'] } as const;
export const ANSWER_TO_PAGE = { ...PAGE, flags: ['trust-address'] } as const;
export const OFFER_TO_PHONE = { ...PHONE, flags: ['trust-address'] } as const;
export const ANSWER_TO_PHONE = { ...PHONE, flags: ['trust-address'] } as const;
