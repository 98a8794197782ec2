/**
 * Reads an ng command (https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html). What
 * the embedded engine does not do is never ignored silently: it ends up in `warnings`, and from
 * there in the answer and in the log. As in rtpengine, blanks and dashes in names are the same.
 */
import { isDictionary, type Bencoded, type Dictionary } from './bencode.ts';
import type { Family } from './interfaces.ts';

export type MediaProtocol = 'RTP/AVP' | 'UDP/TLS/RTP/SAVPF';

export interface NgRequest {
  readonly command: string;
  readonly callId: string | undefined;
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  readonly viaBranch: string | undefined;
  readonly sdp: string | undefined;
  /** Of the SDP that comes out; undefined: the same as of the one that came in. */
  readonly protocol: MediaProtocol | undefined;
  /** The DTLS role to take where the peer leaves the choice. */
  readonly dtls: 'active' | 'passive';
  readonly generateMid: boolean;
  /** The address to use in place of the one in the SDP. */
  readonly sourceAddress: string | undefined;
  /** Where the SIP message came from; a hint at where RTP will come from. */
  readonly receivedFrom: string | undefined;
  /** Of the address in the SDP that comes out. */
  readonly family: Family | undefined;
  /** Whether RTP may come from another place at any time. */
  readonly mediaHandover: boolean;
  readonly replaceOrigin: boolean;
  readonly replaceSessionConnection: boolean;
  readonly warnings: readonly string[];
}

/** A command that cannot be executed; the message is the answer's error-reason. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** Keys that are read one by one below, or that change nothing here. */
const KEYS = new Set([
  'command',
  'call-id',
  'from-tag',
  'to-tag',
  'via-branch',
  'sdp',
  'received-from',
]);
/** Every call is deleted at once, so any delay is honoured by its absence only. */
const WITHOUT_EFFECT = new Set(['delete-delay', 'supports']);

/** The values that are honoured, or describe what is done anyway. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ICE: ['force', 'remove', 'default'],
  DTLS: ['passive', 'active', 'off', 'no', 'disable'],
  SDES: ['off', 'no', 'disable'],
  'transport-protocol': ['RTP/AVP', 'UDP/TLS/RTP/SAVPF'],
  'address-family': ['IP4', 'IP6'],
  'rtcp-mux': ['offer', 'require', 'accept', 'demux'],
  replace: ['origin', 'session-connection'],
  flags: ['generate-mid', 'trust-address', 'SIP-source-address', 'symmetric', 'media-handover'],
};

export function readRequest(message: Dictionary): NgRequest {
  const options = new Map<string, readonly string[]>();
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(message)) {
    const key = dashed(name);
    const known = VALUES[key];
    if (known !== undefined) {
      const values = listOf(value).map(dashed);
      for (const each of values) {
        if (!known.includes(each)) warnings.push(`${key}=${each} is not supported`);
      }
      options.set(key, values);
    } else if (!KEYS.has(key) && !WITHOUT_EFFECT.has(key)) {
      warnings.push(`${key} is not supported`);
    }
  }
  const has = (key: string, value: string): boolean => options.get(key)?.includes(value) ?? false;
  const text = (key: string): string | undefined => {
    const value = message[key];
    return typeof value === 'string' ? value : undefined;
  };
  const received = message['received-from'] ?? message['received from'];
  return {
    command: text('command') ?? '',
    callId: text('call-id'),
    fromTag: text('from-tag'),
    toTag: text('to-tag'),
    viaBranch: text('via-branch'),
    sdp: text('sdp'),
    protocol: protocolOf(options.get('transport-protocol')?.[0]),
    dtls: has('DTLS', 'active') ? 'active' : 'passive',
    generateMid: has('flags', 'generate-mid'),
    sourceAddress: has('flags', 'SIP-source-address') ? listOf(received)[1] : undefined,
    receivedFrom: listOf(received)[1],
    family: familyNamed(options.get('address-family')?.[0]),
    mediaHandover: has('flags', 'media-handover'),
    replaceOrigin: has('replace', 'origin'),
    replaceSessionConnection: has('replace', 'session-connection'),
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
  if (name === undefined || name === 'RTP/AVP' || name === 'UDP/TLS/RTP/SAVPF') return name;
  throw new RequestError(
    `Transport protocol ${name} is not supported: RTP/AVP or UDP/TLS/RTP/SAVPF`,
  );
}

function familyNamed(name: string | undefined): Family | undefined {
  return name === 'IP4' || name === 'IP6' ? name : undefined;
}

function listOf(value: Bencoded | undefined): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (value === undefined || Buffer.isBuffer(value) || isDictionary(value)) return [];
  return value.filter((item) => typeof item === 'string');
}

function dashed(name: string): string {
  return name.replaceAll(' ', '-');
}
