/**
 * The little that the application itself does to session descriptions (RFC 8866,
 * https://www.rfc-editor.org/rfc/rfc8866): everything about addresses, ICE and DTLS is the media
 * engine's. Pure functions on text.
 */

import { keepFormats } from '../common/sdp-section.ts';

/** Codecs the page can take out of the track as they are. */
const CARRIED = new Set(['PCMU/8000', 'PCMA/8000']);
/** Static payload types that may come without an rtpmap line (RFC 3551 §6). */
const STATIC: Readonly<Record<string, string>> = { 0: 'PCMU/8000', 8: 'PCMA/8000' };

/**
 * Keeps of the first audio section only the caller's most preferred codec that the bridge carries,
 * plus telephone-event. An answer then holds exactly one audio codec, and the phone has no reason
 * to lock one with a second offer (an UPDATE right after the 200 is what MicroSIP does otherwise).
 *
 * @returns the offer with one codec, or undefined when none fits (the call gets 488).
 */
export function lockCodec(offer: string): string | undefined {
  const lines = offer.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith('m=audio '));
  if (start < 0) return undefined;
  const next = lines.findIndex((line, at) => at > start && line.startsWith('m='));
  const end = next < 0 ? lines.length : next;

  const media = (lines[start] ?? '').trim().split(' ');
  const formats = media.slice(3);
  const section = lines.slice(start + 1, end);
  const encodings = new Map(formats.map((format) => [format, encodingOf(format, section)]));
  const codec = formats.find((format) => CARRIED.has(encodings.get(format) ?? ''));
  if (codec === undefined) return undefined;
  const keep = formats.filter(
    (format) => format === codec || encodings.get(format) === 'TELEPHONE-EVENT/8000',
  );

  return [
    ...lines.slice(0, start),
    ...keepFormats(lines.slice(start, end), keep),
    ...lines.slice(end),
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

/**
 * The answer to a re-offer that changes nothing but the direction (hold and resume, RFC 3264 §8.4):
 * the previous answer with the direction mirrored and the origin's version counted up.
 */
export function answerDirection(previousAnswer: string, offer: string): string {
  const direction = MIRROR[directionOf(offer)];
  const versioned = previousAnswer.replace(
    /^(o=\S+ \S+ )(\d+)/m,
    (_, head: string, version: string) => head + String(BigInt(version) + 1n),
  );
  const bare = versioned.replace(/^a=(sendrecv|sendonly|recvonly|inactive)\r?\n/gm, '');
  return `${bare.replace(/\s*$/, '')}\r\na=${direction}\r\n`;
}
