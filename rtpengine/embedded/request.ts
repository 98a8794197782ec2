/**
 * Reads an ng command (https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html). What
 * the embedded engine does not do is never ignored silently: it ends up in `warnings`, and from
 * there in the answer and in the log (support.ts has the lists). As in rtpengine, blanks and dashes
 * in names are the same, and flags may stand for values: `SDES-off`, `codec-strip-PCMA`.
 */
import { isDictionary, type Bencoded, type Dictionary } from './bencode.ts';
import type { CodecRules } from './codecs.ts';
import type { Family } from './interfaces.ts';
import { isKnownProtocol, PROTOCOLS, type MediaProtocol } from './protocol.ts';
import { ALIASES, CODEC_RULES, KEYS, VALUES } from './support.ts';

export interface NgRequest {
  readonly command: string;
  readonly callId: string | undefined;
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  readonly viaBranch: string | undefined;
  /** Of the party that sends the message; in commands about one party, the party's. */
  readonly label: string | undefined;
  readonly setLabel: string | undefined;
  /** The SDP address of the party a command is about. */
  readonly address: string | undefined;
  readonly sdp: string | undefined;
  /** Of the SDP that comes out; undefined: the same as of the one that came in. */
  readonly protocol: MediaProtocol | undefined;
  readonly ice: 'force' | 'remove' | 'default';
  /** The DTLS role to take where the peer leaves the choice. */
  readonly dtls: 'active' | 'passive' | 'off';
  readonly rtcpMux: ReadonlySet<string>;
  /** The address to use in place of the one in the SDP. */
  readonly sourceAddress: string | undefined;
  /** Where the SIP message came from; a hint at where RTP will come from. */
  readonly receivedFrom: string | undefined;
  /** Of the address in the SDP that comes out. */
  readonly family: Family | undefined;
  /** Whether RTP may come from another place at any time. */
  readonly mediaHandover: boolean;
  readonly flags: ReadonlySet<string>;
  readonly replace: ReadonlySet<string>;
  readonly codec: CodecRules;
  /** Milliseconds to ask for in the SDP that comes out, and in the one that will answer it. */
  readonly ptime: number | undefined;
  readonly ptimeReverse: number | undefined;
  /** Every key by its dashed name, for the commands that have keys of their own. */
  text(key: string): string | undefined;
  integer(key: string): number | undefined;
  bytes(key: string): Buffer | undefined;
  /** What was asked for and is not done. */
  readonly warnings: string[];
}

/** A command that cannot be executed; the message is the answer's error-reason. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

const WEBRTC: Readonly<Record<string, readonly string[]>> = {
  ICE: ['force'],
  'transport-protocol': ['UDP/TLS/RTP/SAVPF'],
  'rtcp-mux': ['offer', 'require'],
  flags: ['no-rtcp-attribute', 'generate-mid'],
};
const VALUE_FLAG = /^(SDES|rtcp-mux|replace|ICE|DTLS)-(.+)$/;
const CODEC_FLAG = /^(?:codec-)?(strip|mask|consume|offer|except|accept|transcode|set)-(.+)$/;

export function readRequest(message: Dictionary): NgRequest {
  const values = new Map<string, Set<string>>();
  const codec = new Map<string, string[]>();
  const plain = new Map<string, Bencoded>();
  const warnings: string[] = [];

  const take = (key: string, value: string): void => {
    const known = VALUES[key];
    if (known === undefined) return;
    const name = ALIASES[`${key}=${value}`] ?? value;
    if (!known.done.includes(name) && !known.implied.includes(name)) {
      if (key === 'transport-protocol') throw unsupportedProtocol(name);
      warnings.push(`${key}=${value} is not supported`);
      return;
    }
    values.set(key, (values.get(key) ?? new Set()).add(name));
  };
  const takeCodec = (rule: string, names: readonly string[]): void => {
    if (!isIn(CODEC_RULES, rule)) warnings.push(`codec-${rule} is not supported`);
    else codec.set(rule, [...(codec.get(rule) ?? []), ...names]);
  };
  const takeFlag = (flag: string): void => {
    const [, key, value] = VALUE_FLAG.exec(flag) ?? [];
    const [, rule, name] = CODEC_FLAG.exec(flag) ?? [];
    if (key !== undefined && value !== undefined) take(key, value);
    else if (rule !== undefined && name !== undefined) takeCodec(rule, [name]);
    else take('flags', flag);
    if (flag !== 'WebRTC') return;
    for (const [each, all] of Object.entries(WEBRTC)) all.forEach((one) => take(each, one));
  };

  for (const [name, value] of Object.entries(message)) {
    const key = dashed(name);
    if (key === 'flags') listOf(value).map(dashed).forEach(takeFlag);
    else if (key in VALUES) listOf(value).forEach((each) => take(key, dashed(each)));
    else if (key === 'codec' && isDictionary(value)) {
      for (const [rule, names] of Object.entries(value)) takeCodec(rule, listOf(names));
    } else if (isIn(KEYS, key)) plain.set(key, value);
    else warnings.push(`${key} is not supported`);
  }

  const has = (key: string, value: string): boolean => values.get(key)?.has(value) ?? false;
  const text = (key: string): string | undefined => {
    const value = plain.get(key);
    return typeof value === 'string' ? value : undefined;
  };
  const integer = (key: string): number | undefined => {
    const value = plain.get(key);
    if (typeof value === 'number') return value;
    return typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : undefined;
  };
  const receivedFrom = listOf(plain.get('received-from'))[1];
  const mediaAddress = text('media-address');
  return {
    command: text('command') ?? '',
    callId: text('call-id'),
    fromTag: text('from-tag'),
    toTag: text('to-tag'),
    viaBranch: text('via-branch'),
    label: text('label') ?? text('from-label'),
    setLabel: text('set-label') ?? text('to-label'),
    address: text('address'),
    sdp: text('sdp'),
    protocol: protocolOf([...(values.get('transport-protocol') ?? [])][0]),
    ice: has('ICE', 'force') ? 'force' : has('ICE', 'remove') ? 'remove' : 'default',
    dtls: has('DTLS', 'off') ? 'off' : has('DTLS', 'active') ? 'active' : 'passive',
    rtcpMux: values.get('rtcp-mux') ?? new Set(),
    sourceAddress: mediaAddress ?? (has('flags', 'SIP-source-address') ? receivedFrom : undefined),
    receivedFrom,
    family: familyNamed([...(values.get('address-family') ?? [])][0]),
    mediaHandover: has('flags', 'media-handover'),
    flags: values.get('flags') ?? new Set(),
    replace: values.get('replace') ?? new Set(),
    codec: {
      strip: ['strip', 'mask', 'consume'].flatMap((rule) => codec.get(rule) ?? []),
      offer: codec.get('offer') ?? [],
      except: codec.get('except') ?? [],
    },
    ptime: integer('ptime'),
    ptimeReverse: integer('ptime-reverse'),
    text,
    integer,
    bytes: (key) => {
      const value = plain.get(key);
      if (typeof value === 'string') return Buffer.from(value);
      return Buffer.isBuffer(value) ? value : undefined;
    },
    warnings,
  };
}

/** The members every command about a call needs. */
export function required(request: NgRequest, ...names: ('callId' | 'fromTag' | 'toTag')[]): void {
  const terms = { callId: 'call-id', fromTag: 'from-tag', toTag: 'to-tag' };
  for (const name of names) {
    if (request[name] === undefined) throw new RequestError(`No ${terms[name]} in message`);
  }
}

export function protocolOf(name: string | undefined): MediaProtocol | undefined {
  if (name === undefined || isKnownProtocol(name)) return name;
  throw unsupportedProtocol(name);
}

function unsupportedProtocol(name: string): RequestError {
  return new RequestError(
    `Transport protocol ${name} is not supported: ${PROTOCOLS.join(', ')} are`,
  );
}

function familyNamed(name: string | undefined): Family | undefined {
  return name === 'IP4' || name === 'IP6' ? name : undefined;
}

function isIn(
  names: { readonly done: readonly string[]; readonly implied: readonly string[] },
  name: string,
): boolean {
  return names.done.includes(name) || names.implied.includes(name);
}

function listOf(value: Bencoded | undefined): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (value === undefined || Buffer.isBuffer(value) || isDictionary(value)) return [];
  return value.filter((item) => typeof item === 'string');
}

function dashed(name: string): string {
  return name.replaceAll(' ', '-');
}
