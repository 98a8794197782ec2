/**
 * The session descriptions of a G.711 softphone, offered and answered (RFC 3264,
 * https://www.rfc-editor.org/rfc/rfc3264). Lines and their order are MicroSIP's, whose engine is
 * PJSIP, so that a server tested with this phone is tested with that one: `a=X-nat`, both
 * bandwidth lines, `a=rtcp` without rtcp-mux, `a=sendrecv` before the codecs but any other
 * direction after them.
 */
export type Codec = 'pcmu' | 'pcma';
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Payload types of RFC 3551 section 6. */
export const PAYLOAD_TYPES: Readonly<Record<Codec, number>> = { pcmu: 0, pcma: 8 };
export const TELEPHONE_EVENT = 101;

export interface LocalMedia {
  readonly address: string;
  readonly port: number;
  readonly sessionId: number;
  readonly version: number;
  /** In order of preference, as payload types. */
  readonly formats: readonly { readonly codec: Codec; readonly payloadType: number }[];
  readonly eventPayloadType: number | undefined;
  readonly direction: Direction;
  readonly ssrc: number;
  readonly cname: string;
}

export interface RemoteMedia {
  readonly address: string;
  readonly port: number;
  readonly rtcpAddress: string;
  readonly rtcpPort: number;
  /** The G.711 formats in the other side's order. */
  readonly formats: readonly { readonly codec: Codec; readonly payloadType: number }[];
  readonly eventPayloadType: number | undefined;
  readonly direction: Direction;
}

export function writeSdp(media: LocalMedia): string {
  const numbers = media.formats.map(({ payloadType }) => payloadType);
  if (media.eventPayloadType !== undefined) numbers.push(media.eventPayloadType);
  const direction = `a=${media.direction}`;
  const lines = [
    'v=0',
    `o=- ${media.sessionId} ${media.version} IN IP4 ${media.address}`,
    's=pjmedia',
    'b=AS:84',
    't=0 0',
    'a=X-nat:0',
    `m=audio ${media.port} RTP/AVP ${numbers.join(' ')}`,
    `c=IN IP4 ${media.address}`,
    'b=TIAS:64000',
    `a=rtcp:${media.port + 1} IN IP4 ${media.address}`,
    ...(media.direction === 'sendrecv' ? [direction] : []),
    ...media.formats.map(
      ({ codec, payloadType }) => `a=rtpmap:${payloadType} ${codec.toUpperCase()}/8000`,
    ),
    ...(media.eventPayloadType === undefined
      ? []
      : [
          `a=rtpmap:${media.eventPayloadType} telephone-event/8000`,
          `a=fmtp:${media.eventPayloadType} 0-16`,
        ]),
    `a=ssrc:${media.ssrc} cname:${media.cname}`,
    ...(media.direction === 'sendrecv' ? [] : [direction]),
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** The first audio section that is not refused; `undefined` when there is none to talk to. */
export function parseSdp(sdp: string): RemoteMedia | undefined {
  const [session = [], ...sections] = split(sdp);
  for (const section of sections) {
    const media = /^m=audio (\d+)(?:\/\d+)? (\S+) (.+)$/.exec(section[0] ?? '');
    if (media?.[1] === undefined || media[3] === undefined) continue;
    const port = Number(media[1]);
    if (port === 0 || port > 65535 || media[2] !== 'RTP/AVP') continue;
    const address = connection(section) ?? connection(session);
    if (address === undefined) continue;

    const names = rtpmaps(section);
    const formats: { codec: Codec; payloadType: number }[] = [];
    let eventPayloadType: number | undefined;
    for (const payloadType of media[3].trim().split(/\s+/).map(Number)) {
      const name = names.get(payloadType) ?? STATIC_NAMES.get(payloadType);
      if (name === 'pcmu/8000') formats.push({ codec: 'pcmu', payloadType });
      else if (name === 'pcma/8000') formats.push({ codec: 'pcma', payloadType });
      else if (name === 'telephone-event/8000') eventPayloadType ??= payloadType;
    }
    const rtcp = /^a=rtcp:(\d+)(?: IN IP[46] (\S+))?$/;
    const rtcpLine = section.map((line) => rtcp.exec(line)).find((match) => match !== null);
    return {
      address,
      port,
      rtcpAddress: rtcpLine?.[2] ?? address,
      rtcpPort: rtcpLine ? Number(rtcpLine[1]) : port + 1,
      formats,
      eventPayloadType,
      direction: directionOf(section) ?? directionOf(session) ?? 'sendrecv',
    };
  }
  return undefined;
}

/** The format both sides know: the first of the list whose order rules (the offerer's). */
export function chooseFormat(
  ruling: readonly { readonly codec: Codec; readonly payloadType: number }[],
  known: readonly Codec[],
): { readonly codec: Codec; readonly payloadType: number } | undefined {
  return ruling.find(({ codec }) => known.includes(codec));
}

/** What we may do when the other side says `offered` (RFC 3264 section 6.1). */
export function answerDirection(offered: Direction, held: boolean): Direction {
  const receive = offered === 'sendrecv' || offered === 'sendonly';
  const send = offered === 'sendrecv' || offered === 'recvonly';
  // A phone that holds the call neither wants to hear nor stops saying so.
  const wanted = receive && !held;
  if (wanted && send) return 'sendrecv';
  if (wanted) return 'recvonly';
  return send ? 'sendonly' : 'inactive';
}

const STATIC_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'pcmu/8000'],
  [8, 'pcma/8000'],
]);

function split(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line.trimEnd());
  }
  return sections;
}

function connection(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const match = /^c=IN IP[46] ([^/\s]+)/.exec(line);
    if (match) return match[1];
  }
  return undefined;
}

function rtpmaps(lines: readonly string[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of lines) {
    const match = /^a=rtpmap:(\d+) ([^/\s]+\/\d+)(?:\/1)?$/.exec(line);
    if (match?.[2] !== undefined) names.set(Number(match[1]), match[2].toLowerCase());
  }
  return names;
}

function directionOf(lines: readonly string[]): Direction | undefined {
  for (const line of lines) {
    const match = /^a=(sendrecv|sendonly|recvonly|inactive)$/.exec(line);
    if (match) return match[1] as Direction;
  }
  return undefined;
}
