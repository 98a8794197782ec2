/**
 * A SIP message taken apart for reading: start line, headers by their long names, body (RFC 3261 §7,
 * https://www.rfc-editor.org/rfc/rfc3261#section-7). It is shown, not acted upon, so whatever cannot
 * be understood is kept as it stands.
 */
export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

export interface SipText {
  readonly start: string;
  readonly headers: readonly SipHeader[];
  readonly body: string;
  readonly hasSdp: boolean;
  /** Undefined of a request. */
  readonly status: number | undefined;
  /** Of the request, or of the one that is answered. */
  readonly method: string;
  readonly cseq: number | undefined;
}

/** RFC 3261 §7.3.3, and what later documents added. */
const COMPACT: Readonly<Record<string, string>> = {
  c: 'Content-Type',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
};

export function readSip(text: string): SipText {
  const end = text.search(/\r?\n\r?\n/);
  const head = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end).replace(/^\r?\n\r?\n/, '');
  // A line that begins with a blank goes on with the one before.
  const [start = '', ...lines] = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = lines.filter((line) => line !== '').map(headerOf);
  const valueOf = (wanted: string): string =>
    headers.find(({ name }) => name.toLowerCase() === wanted)?.value ?? '';
  const status = /^SIP\/2\.0 (\d{3})/.exec(start)?.[1];
  const [cseq, method] = valueOf('cseq').split(/\s+/);
  return {
    start,
    headers,
    body,
    hasSdp: /^application\/sdp\b/i.test(valueOf('content-type')) && body !== '',
    status: status === undefined ? undefined : Number(status),
    method: status === undefined ? (start.split(' ')[0] ?? '') : (method ?? ''),
    cseq: /^\d+$/.test(cseq ?? '') ? Number(cseq) : undefined,
  };
}

function headerOf(line: string): SipHeader {
  const colon = line.indexOf(':');
  if (colon < 0) return { name: line.trim(), value: '' };
  const name = line.slice(0, colon).trim();
  return { name: COMPACT[name.toLowerCase()] ?? name, value: line.slice(colon + 1).trim() };
}
