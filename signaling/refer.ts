/**
 * What travels in a transfer: where to (Refer-To with or without Replaces, RFC 3515, RFC 3891,
 * https://www.rfc-editor.org/rfc/rfc3891#section-3) and how it goes (message/sipfrag in NOTIFY, RFC
 * 3420). Pure.
 */
import { parseNameAddr } from './sip/name-addr.ts';
import { splitOutside } from './sip/tokens.ts';
import { formatUri, parseUri, type SipUri } from './sip/uri.ts';

/** A dialog as the one who is to take its place names it: tags from the recipient's point of view. */
export interface Replaces {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
}

export interface ReferTarget {
  /** Without its headers. */
  readonly uri: SipUri;
  readonly text: string;
  readonly replaces?: Replaces;
}

export function parseReferTo(value: string | undefined): ReferTarget | undefined {
  const uri = parseUri(parseNameAddr(value ?? '')?.uri ?? '');
  if (uri === undefined) return undefined;
  const { headers, ...bare } = uri;
  const named = (headers ?? '').split('&').find((part) => /^replaces=/i.test(part));
  const target = { uri: bare, text: formatUri(bare) };
  if (named === undefined) return target;
  const replaces = parseReplaces(decode(named.slice(named.indexOf('=') + 1)));
  return replaces && { ...target, replaces };
}

export function parseReplaces(value: string | undefined): Replaces | undefined {
  const [callId = '', ...params] = splitOutside(value ?? '', ';');
  const tag = (name: string) =>
    params.find((param) => param.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const toTag = tag('to-tag');
  const fromTag = tag('from-tag');
  if (callId === '' || toTag === undefined || fromTag === undefined) return undefined;
  return { callId, toTag, fromTag };
}

export function writeReplaces({ callId, toTag, fromTag }: Replaces): string {
  return `${callId};to-tag=${toTag};from-tag=${fromTag}`;
}

/** The NOTIFY about how a transfer goes; the last one ends the subscription that REFER made. */
export function progressOf(status: number, reason: string) {
  return {
    method: 'NOTIFY',
    headers: {
      Event: 'refer',
      'Subscription-State': status < 200 ? 'active;expires=60' : 'terminated;reason=noresource',
      'Content-Type': 'message/sipfrag;version=2.0',
    },
    body: `SIP/2.0 ${status} ${reason}\r\n`,
  };
}

/** The status line in such a NOTIFY. */
export function statusIn(sipfrag: string): { status: number; reason: string } | undefined {
  const match = /^SIP\/2\.0 (\d{3}) ?(.*)$/m.exec(sipfrag);
  return match ? { status: Number(match[1]), reason: match[2]?.trim() ?? '' } : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
