/**
 * The little that the application itself does to session descriptions (RFC 8866,
 * https://www.rfc-editor.org/rfc/rfc8866): everything about addresses, ICE and DTLS is the media
 * engine's. Pure functions on text.
 */

import { keepFormats } from '../common/sdp-section.ts';

/** Codecs a page has; engines hand all of them through. */
export type CodecName = 'PCMU' | 'PCMA' | 'G722' | 'opus';
export const CODEC_NAMES = ['PCMU', 'PCMA', 'G722', 'opus'] as const satisfies readonly CodecName[];
const G711 = ['PCMU', 'PCMA'] as const;
/** As they stand in an SDP. The clock of G.722 is a mistake of old that stays (RFC 3551 §4.5.2). */
const ENCODINGS: Readonly<Record<CodecName, string>> = {
  PCMU: 'PCMU/8000',
  PCMA: 'PCMA/8000',
  G722: 'G722/8000',
  opus: 'OPUS/48000',
};
const ALL = new Set(Object.values(ENCODINGS));
/** Static payload types that may come without an rtpmap line (RFC 3551 §6). */
const STATIC: Readonly<Record<string, string>> = {
  0: 'PCMU/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
};
const EVENTS = 'TELEPHONE-EVENT/';

interface Section {
  /** Everything before and after the section. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly lines: readonly string[];
  /** Payload type → encoding, in the order of preference. */
  readonly encodings: ReadonlyMap<string, string | undefined>;
}

/**
 * Keeps of the first audio section only one codec, the first of ours that the caller has (G.711 in
 * the caller's own order where we have no list), plus telephone-event. An answer then holds exactly one audio
 * codec, and the phone has no reason to lock one with a second offer (an UPDATE right after the 200 is
 * what MicroSIP does otherwise).
 *
 * Comfort noise (RFC 3389) is not kept: a browser that has agreed to it sends it too, and its own voice
 * activity detector then decides which of the agent's packets are silence and leaves them out. A phone
 * that pauses without it leaves a gap in the RTP timestamps, and that is enough.
 *
 * @param codecs those the bridge is to use, in the order of preference
 * @returns the offer with one codec, or undefined when none fits (the call gets 488).
 */
export function lockCodec(offer: string, codecs?: readonly CodecName[]): string | undefined {
  const ours =
    codecs?.map((name) => ENCODINGS[name]) ??
    [...(audioSection(offer)?.encodings.values() ?? [])].filter((name) => isG711(name));
  for (const encoding of ours) {
    const locked = lockEncoding(offer, encoding);
    if (locked !== undefined) return locked;
  }
  return undefined;
}

/** Keeps one encoding, as codecOf names it; undefined when it is not offered. */
export function lockEncoding(offer: string, encoding: string): string | undefined {
  const section = audioSection(offer);
  const codec = section && [...section.encodings].find(([, name]) => name === encoding)?.[0];
  if (section === undefined || codec === undefined) return undefined;
  return keep(section, (format, name) => format === codec || name === eventsFor(encoding));
}

/** Keeps every codec the bridge is to use: a page's offer, for a phone that chooses. */
export function carriedCodecs(
  offer: string,
  codecs: readonly CodecName[] = G711,
): string | undefined {
  const ours = new Set(codecs.map((name) => ENCODINGS[name]));
  const isOurs = (name: string | undefined): boolean => name !== undefined && ours.has(name);
  const section = audioSection(offer);
  if (!section || ![...section.encodings.values()].some(isOurs)) return undefined;
  const events = new Set([...section.encodings.values()].filter(isOurs).map(eventsFor));
  return keep(section, (_format, name) => isOurs(name) || events.has(name ?? ''));
}

/** The codec of an answer, e.g. `PCMA/8000`. */
export function codecOf(sdp: string): string | undefined {
  return [...(audioSection(sdp)?.encodings.values() ?? [])].find(
    (name) => name !== undefined && ALL.has(name),
  );
}

function isG711(encoding: string | undefined): encoding is string {
  return G711.some((name) => ENCODINGS[name] === encoding);
}

/** Key presses have the clock of the audio they are sent among (RFC 4733 §2.1). */
function eventsFor(encoding: string | undefined): string {
  return EVENTS + (encoding?.split('/')[1] ?? '');
}

function audioSection(sdp: string): Section | undefined {
  const lines = sdp.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith('m=audio '));
  if (start < 0) return undefined;
  const next = lines.findIndex((line, at) => at > start && line.startsWith('m='));
  const end = next < 0 ? lines.length : next;
  const section = lines.slice(start, end);
  const formats = (lines[start] ?? '').trim().split(' ').slice(3);
  return {
    before: lines.slice(0, start),
    after: lines.slice(end),
    lines: section,
    encodings: new Map(formats.map((format) => [format, encodingOf(format, section)])),
  };
}

function keep(
  { before, lines, after, encodings }: Section,
  keeps: (format: string, encoding: string | undefined) => boolean,
): string {
  const formats = [...encodings].filter(([format, name]) => keeps(format, name));
  return [
    ...before,
    ...keepFormats(
      lines,
      formats.map(([format]) => format),
    ),
    ...after,
  ].join('\r\n');
}

function encodingOf(format: string, section: readonly string[]): string | undefined {
  const prefix = `a=rtpmap:${format} `;
  const line = section.find((candidate) => candidate.startsWith(prefix));
  // `PCMU/8000/1` and `PCMU/8000` are the same for audio (RFC 8866 §6.6).
  return (
    line?.slice(prefix.length).trim().toUpperCase().split('/').slice(0, 2).join('/') ??
    STATIC[format]
  );
}

type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
const MIRROR: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** The direction an SDP asks for; `sendrecv` when it says nothing (RFC 8866 §6.7). */
export function directionOf(sdp: string): Direction {
  const match = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(sdp);
  return (match?.[1] as Direction | undefined) ?? 'sendrecv';
}

/** Whether who says this has put the other side on hold; 0.0.0.0 is the old way (RFC 3264 §8.4). */
export function isHold(sdp: string): boolean {
  return directionOf(sdp) !== 'sendrecv' || /^c=IN IP4 0\.0\.0\.0\s*$/m.test(sdp);
}

/**
 * What one side said last, as its answer to a re-offer of the other side that it need not be asked
 * about (hold and resume, RFC 3264 §8.4; another address): only the direction is mirrored. What was
 * an offer becomes an answer: the DTLS role it left open is the one it got (RFC 5763 §5).
 */
export function standingAnswer(lastSdp: string, offer: string): string {
  const answer = withDirection(lastSdp, MIRROR[directionOf(offer)]);
  return answer.replace(/^a=setup:actpass/gm, 'a=setup:active');
}

/** The same description with another direction. */
export function withDirection(sdp: string, direction: Direction): string {
  const bare = sdp.replace(/^a=(sendrecv|sendonly|recvonly|inactive)\r?\n/gm, '');
  return `${bare.replace(/\s*$/, '')}\r\na=${direction}\r\n`;
}

/** The version of an origin counts up when anything differs from what was sent before (RFC 3264 §8). */
export function asNextVersion(sdp: string, previous: string): string {
  const origin = /^o=(\S+ \S+) (\d+) (.*)$/m.exec(previous);
  if (!origin) return sdp;
  const [, owner = '', version = '0', address = ''] = origin;
  const withVersion = (number: bigint) =>
    sdp.replace(/^o=.*$/m, `o=${owner} ${number} ${address.trimEnd()}`);
  const same = withVersion(BigInt(version));
  return same === previous ? same : withVersion(BigInt(version) + 1n);
}

/**
 * An offer on behalf of a phone that made none (an INVITE without SDP, RFC 3264 §4): G.711 from an
 * address that nothing listens on. What the phone answers takes its place.
 */
export function standInOffer(address: string): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    'm=audio 9 RTP/AVP 8 101',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
}
