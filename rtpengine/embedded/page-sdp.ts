/** What libdatachannel is told about a page: its transport, and nothing of its media. */
import { randomBytes } from 'node:crypto';
import type { Transport } from './sdp.ts';

/** Name of the track between us and libdatachannel; the page sees the mid of its own SDP. */
export const MID = '0';
/** Of a host candidate (RFC 8445 section 5.1.2). */
export const HOST_PRIORITY = 2_130_706_431;

/** Characters of ICE's alphabet (RFC 8839 section 5.4). */
export function token(length: number): string {
  return randomBytes(length).toString('base64').replace(/=/g, '').slice(0, length);
}

export interface PageDescription {
  readonly remote: Transport;
  readonly setup: string;
  /** Whether the page is the controlled agent: it is when it answers us. */
  readonly isControlled: boolean;
  /** "address port" of where its checks have come from already. */
  readonly learned: ReadonlySet<string>;
}

export function minimalSdp({ remote, setup, isControlled, learned }: PageDescription): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    // Not true, and what makes libdatachannel take the controlling role at once (RFC 8445 section
    // 6.1.1) instead of after a conflict: the page has the other one if it answers us.
    ...(isControlled ? ['a=ice-lite'] : []),
    `a=group:BUNDLE ${MID}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'c=IN IP4 0.0.0.0',
    `a=mid:${MID}`,
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:0 PCMU/8000',
    `a=setup:${setup}`,
    `a=fingerprint:${remote.fingerprint}`,
    `a=ice-ufrag:${remote.ufrag}`,
    `a=ice-pwd:${remote.pwd}`,
    ...remote.candidates.map((candidate) => `a=candidate:${candidate}`),
    ...[...learned].map((place, i) => `a=candidate:l${i} 1 UDP ${HOST_PRIORITY} ${place} typ host`),
    '',
  ].join('\r\n');
}
