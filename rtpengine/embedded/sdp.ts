/**
 * Reads the parts of an SDP (RFC 8866) that concern a relay: where RTP goes, and the ICE and DTLS
 * parameters of a WebRTC peer. Everything else stays the text it was, line by line, because what
 * a relay does not understand it must hand on unchanged.
 */
import { isIP } from 'node:net';
import type { Endpoint } from './latch.ts';

export interface Sdp {
  readonly session: readonly string[];
  /** One list of lines per media section; the first line of each is its m= line. */
  readonly media: readonly (readonly string[])[];
}

export interface MediaLine {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
}

/** What a WebRTC peer says about its transport. */
export interface Transport {
  readonly ufrag: string;
  readonly pwd: string;
  /** `sha-256 AB:CD:…` */
  readonly fingerprint: string;
  readonly setup: string;
  /** Values of a=candidate with an address over UDP; mDNS names would only cost time. */
  readonly candidates: readonly string[];
}

/** Static payload types phones send without a=rtpmap (RFC 3551 table 4). */
const STATIC: Readonly<Record<string, string>> = {
  0: 'PCMU/8000',
  3: 'GSM/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
  13: 'CN/8000',
  18: 'G729/8000',
};

/** A socket that is told to send to a higher one throws. */
export const MAX_PORT = 65_535;

/** The old way to say hold (RFC 3264 section 8.4). */
export const UNSPECIFIED: ReadonlySet<string | undefined> = new Set(['0.0.0.0', '::']);

/** The text is no SDP, or not one a relay can work with; the message goes into the ng answer. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
}

export function parseSdp(text: string): Sdp {
  const session: string[] = [];
  const media: string[][] = [];
  let section = session;
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === '') continue;
    if (!/^[a-z]=/.test(line)) throw new SdpError(`Not an SDP line: ${line.slice(0, 40)}`);
    if (line.startsWith('m=')) media.push((section = []));
    section.push(line);
  }
  if (session[0] !== 'v=0') throw new SdpError('The SDP does not begin with v=0');
  if (media.length === 0) throw new SdpError('The SDP holds no media');
  return { session, media };
}

export function formatSdp(sdp: Sdp): string {
  return [...sdp.session, ...sdp.media.flat()].map((line) => `${line}\r\n`).join('');
}

export function mediaLine(section: readonly string[]): MediaLine {
  const [kind = '', text = '', protocol = '', ...formats] = (section[0] ?? '').slice(2).split(' ');
  const port = /^\d{1,5}(\/\d+)?$/.test(text) ? Number.parseInt(text, 10) : NaN;
  if (!(port <= MAX_PORT) || protocol === '') {
    throw new SdpError(`Not a media line: ${section[0] ?? ''}`);
  }
  return { kind, port, protocol, formats: formats.filter(Boolean) };
}

/** Index of the audio section the relay carries: the first one that is not switched off. */
export function audioIndex(sdp: Sdp): number {
  const lines = sdp.media.map(mediaLine);
  const live = lines.findIndex(({ kind, port }) => kind === 'audio' && port !== 0);
  const index = live === -1 ? lines.findIndex(({ kind }) => kind === 'audio') : live;
  if (index === -1) throw new SdpError('The SDP holds no audio');
  return index;
}

/** Value of the first such attribute: '' for a property attribute, undefined when absent. */
export function attribute(
  lines: readonly string[],
  name: string,
  separator = ':',
): string | undefined {
  const prefix = `a=${name}${separator}`;
  const line = lines.find((each) => each === `a=${name}` || each.startsWith(prefix));
  return line?.slice(prefix.length);
}

/** `name/clock` of a format, '' when it has no a=rtpmap and is not a static payload type. */
export function rtpmapOf(section: readonly string[], format: string): string {
  return attribute(section, `rtpmap:${format}`, ' ') ?? STATIC[format] ?? '';
}

/** What the timestamps of a section's packets count, and which of them stand still. */
export function timing(section: readonly string[]): {
  readonly clockRate: number;
  readonly eventTypes: ReadonlySet<number>;
} {
  const codecs = mediaLine(section).formats.map((format) => ({
    format,
    codec: rtpmapOf(section, format),
  }));
  const isEvent = ({ codec }: { codec: string }): boolean => /^telephone-event\//i.test(codec);
  const first = codecs.find((each) => !isEvent(each))?.codec.split('/')[1];
  return {
    clockRate: Number(first) || 8000,
    eventTypes: new Set(codecs.filter(isEvent).map(({ format }) => Number(format))),
  };
}

/** Where the peer expects RTP and RTCP; undefined when it gives no usable address or is on hold. */
export function rtpEndpoints(
  sdp: Sdp,
  index: number,
): { readonly rtp: Endpoint | undefined; readonly rtcp: Endpoint | undefined } {
  const section = sdp.media[index] ?? [];
  const { port } = mediaLine(section);
  const address = connectionOf(section, sdp.session);
  if (address === undefined || isIP(address) === 0 || UNSPECIFIED.has(address) || port === 0) {
    return { rtp: undefined, rtcp: undefined };
  }
  const [rtcpPort = '', , , rtcpAddress = address] = (attribute(section, 'rtcp') ?? '').split(' ');
  const rtcp = {
    address: isIP(rtcpAddress) !== 0 ? rtcpAddress : address,
    port: Number.parseInt(rtcpPort, 10) || port + 1,
  };
  return {
    rtp: { address, port },
    rtcp: rtcp.port > 0 && rtcp.port <= MAX_PORT ? rtcp : undefined,
  };
}

/** The address of c=, of the section or else of the session. */
export function connectionOf(
  section: readonly string[],
  session: readonly string[],
): string | undefined {
  const line = [...section, ...session].find((each) => each.startsWith('c='));
  return line?.split(' ')[2]?.split('/')[0];
}

/** ICE and DTLS parameters of a section, taken from the session where the section has none. */
export function transportOf(sdp: Sdp, index: number): Transport {
  const section = sdp.media[index] ?? [];
  const find = (name: string): string | undefined =>
    attribute(section, name) ?? attribute(sdp.session, name);
  const ufrag = find('ice-ufrag');
  const pwd = find('ice-pwd');
  const fingerprint = find('fingerprint');
  if (ufrag === undefined || pwd === undefined) {
    throw new SdpError(
      'Switch media encryption off in the phone: only with browsers is it spoken (no ICE credentials)',
    );
  }
  if (fingerprint === undefined) {
    throw new SdpError('The WebRTC SDP holds no DTLS fingerprint');
  }
  const candidates = section
    .filter((line) => line.startsWith('a=candidate:'))
    .map((line) => line.slice('a=candidate:'.length))
    .filter((candidate) => {
      const [, , protocol = '', , address = ''] = candidate.split(' ');
      return protocol.toLowerCase() === 'udp' && isIP(address) !== 0;
    });
  return { ufrag, pwd, fingerprint, setup: find('setup') ?? 'actpass', candidates };
}
