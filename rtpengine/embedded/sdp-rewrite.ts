/**
 * Turns the SDP of one peer into the SDP for the other: address, port and transport become the
 * relay's, codecs and packet time stay what they were, since the relay hands RTP through as it is.
 *
 * a=ssrc goes too. A browser that is told an SSRC plays only that one; told none, it plays what
 * comes, also after the phone has restarted its stream with a new SSRC.
 */
import { connection } from './interfaces.ts';
import { attribute, connectionOf, mediaLine, rtpmapOf, UNSPECIFIED, type Sdp } from './sdp.ts';

export interface Rewrite {
  /** The relay's address and port. */
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  /** Index of the audio section the relay carries; all others are switched off. */
  readonly audio: number;
  /** The relay's transport attributes, without `a=`. */
  readonly transport: readonly string[];
  /** a=mid of each section, for a WebRTC peer. */
  readonly mids?: readonly string[] | undefined;
  readonly replaceOrigin: boolean;
  readonly replaceSessionConnection: boolean;
  /** Leaves the direction as it was written, also when the address says hold. */
  readonly originalSendrecv?: boolean;
  /** Packet time to ask for, in place of the one that is written. */
  readonly ptime?: number | undefined;
}

/** Attributes that describe the other transport, or header fields that only it has. */
const DROPPED = new Set([
  'candidate',
  'crypto',
  'end-of-candidates',
  'extmap',
  'extmap-allow-mixed',
  'fingerprint',
  'group',
  'ice-lite',
  'ice-options',
  'ice-pwd',
  'ice-ufrag',
  'mid',
  'msid',
  'msid-semantic',
  'remote-candidates',
  'rtcp',
  'rtcp-fb',
  'rtcp-mux',
  'rtcp-mux-only',
  'rtcp-rsize',
  'setup',
  'ssrc',
  'ssrc-group',
  'tls-id',
]);

const DIRECTIONS = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export function rewriteSdp(sdp: Sdp, how: Rewrite): Sdp {
  return {
    session: sdp.session
      .filter((line) => isKept(line) && !isDirection(line))
      .map((line) => rewriteSession(line, how)),
    media: sdp.media.map((section, index) =>
      index === how.audio ? rewriteAudio(sdp, section, how) : switchedOff(section, index, how),
    ),
  };
}

function rewriteSession(line: string, how: Rewrite): string {
  if (line.startsWith('c=') && how.replaceSessionConnection) return `c=${connection(how.address)}`;
  if (line.startsWith('o=') && how.replaceOrigin) {
    const [name = '-', id = '0', version = '0'] = line.slice(2).split(' ');
    return `o=${name} ${id} ${version} ${connection(how.address)}`;
  }
  return line;
}

function rewriteAudio(sdp: Sdp, section: readonly string[], how: Rewrite): string[] {
  const { kind, port, formats } = mediaLine(section);
  const rest = section.slice(1).filter((line) => {
    if (line.startsWith('c=') || !isKept(line) || isDirection(line)) return false;
    return how.ptime === undefined || !line.startsWith('a=ptime:');
  });
  const mid = how.mids?.[how.audio];
  // RFC 8866 section 5: i= comes before c=, b= and k= after it, and all attributes last.
  return [
    // A stream that was refused stays refused.
    `m=${kind} ${port === 0 ? 0 : how.port} ${how.protocol} ${formats.join(' ')}`,
    ...rest.filter((line) => line.startsWith('i=')),
    `c=${connection(how.address)}`,
    ...rest.filter((line) => !/^[ia]=/.test(line)),
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
    ...formats
      .filter((format) => attribute(section, `rtpmap:${format}`, ' ') === undefined)
      .map((format) => ({ format, codec: rtpmapOf(section, format) }))
      .filter(({ codec }) => codec !== '')
      .map(({ format, codec }) => `a=rtpmap:${format} ${codec}`),
    ...rest.filter((line) => line.startsWith('a=')),
    ...(how.ptime === undefined ? [] : [`a=ptime:${how.ptime}`]),
    `a=${how.originalSendrecv === true ? directionOf(sdp, section) : effectiveDirection(sdp, section)}`,
    ...how.transport.map((value) => `a=${value}`),
  ];
}

/** `sendrecv` where nothing is said (RFC 8866 section 6.7); a section overrides the session. */
function directionOf(sdp: Sdp, section: readonly string[]): Direction {
  const said = (lines: readonly string[]): Direction | undefined =>
    DIRECTIONS.find((name) => attribute(lines, name) !== undefined);
  return said(section) ?? said(sdp.session) ?? 'sendrecv';
}

/**
 * The address 0.0.0.0 is the old way to put somebody on hold: send me nothing (RFC 3264 section 8.4).
 * Whoever gets our SDP sees our address, so for them it has to be said with the attribute. A page
 * that has not found its address yet writes the same and means nothing by it.
 */
export function effectiveDirection(sdp: Sdp, section: readonly string[]): Direction {
  const direction = directionOf(sdp, section);
  const isHeld =
    UNSPECIFIED.has(connectionOf(section, sdp.session)) &&
    attribute(section, 'ice-ufrag') === undefined &&
    attribute(sdp.session, 'ice-ufrag') === undefined;
  if (!isHeld || direction === 'inactive') return direction;
  return direction === 'recvonly' ? 'inactive' : 'sendonly';
}

/** RFC 3264 section 6: an answer has every section of its offer, refused ones with port 0. */
function switchedOff(section: readonly string[], index: number, how: Rewrite): string[] {
  const { kind, protocol, formats } = mediaLine(section);
  const mid = how.mids?.[index];
  const isRtp = protocol.includes('RTP/');
  return [
    `m=${kind} 0 ${isRtp ? how.protocol : protocol} ${formats.join(' ')}`,
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
  ];
}

function isDirection(line: string): boolean {
  return DIRECTIONS.some((name) => line === `a=${name}`);
}

function isKept(line: string): boolean {
  if (!line.startsWith('a=')) return true;
  const colon = line.indexOf(':');
  return !DROPPED.has(line.slice(2, colon === -1 ? undefined : colon));
}
