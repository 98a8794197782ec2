/**
 * SIP messages: parsed from bytes, built by code, written back to bytes. Header text is kept
 * verbatim and taken apart only when asked for; the results are cached until a header changes.
 * RFC 3261 §7, torture tests RFC 4475: https://www.rfc-editor.org/rfc/rfc3261#section-7
 */
import { BridgeError } from '../../common/errors.ts';
import { Headers, parseHeaderLine, type HeaderField } from './headers.ts';
import { parseNameAddr, type NameAddr } from './name-addr.ts';
import { endOfFirst, isToken, parseDecimal } from './tokens.ts';
import { parseUri } from './uri.ts';
import { parseVia, type Via } from './via.ts';

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

const EMPTY = Buffer.alloc(0);

abstract class Message {
  readonly headers: Headers;
  body: Buffer;
  private revision = -1;
  private cachedVia: Via | undefined;
  private cachedCSeq: CSeq | undefined;
  private cachedFrom: NameAddr | undefined;
  private cachedTo: NameAddr | undefined;

  constructor(headers: Headers, body: Buffer) {
    this.headers = headers;
    this.body = body;
  }

  abstract get startLine(): string;

  get callId(): string {
    return this.headers.get('call-id') ?? '';
  }

  /** The top Via; undefined when it is missing or malformed. */
  get via(): Via | undefined {
    this.refresh();
    return (this.cachedVia ??= parseVia(this.topVia));
  }

  get cseq(): CSeq | undefined {
    this.refresh();
    return (this.cachedCSeq ??= parseCSeq(this.headers.get('cseq') ?? ''));
  }

  get from(): NameAddr | undefined {
    this.refresh();
    return (this.cachedFrom ??= parseNameAddr(this.headers.get('from') ?? ''));
  }

  get to(): NameAddr | undefined {
    this.refresh();
    return (this.cachedTo ??= parseNameAddr(this.headers.get('to') ?? ''));
  }

  get fromTag(): string {
    return this.from?.params.get('tag') ?? '';
  }

  get toTag(): string {
    return this.to?.params.get('tag') ?? '';
  }

  private get topVia(): string {
    const value = this.headers.get('via') ?? '';
    return value.slice(0, endOfFirst(value, ',')).trim();
  }

  /** Drops what was derived from headers that have changed since. */
  private refresh(): void {
    if (this.revision === this.headers.revision) return;
    this.revision = this.headers.revision;
    this.cachedVia = undefined;
    this.cachedCSeq = undefined;
    this.cachedFrom = undefined;
    this.cachedTo = undefined;
  }

  /** Start line and headers up to and including the empty line. */
  head(): string {
    let text = `${this.startLine}\r\n`;
    for (const field of this.headers) text += `${field.line}\r\n`;
    return `${text}\r\n`;
  }

  /** The whole message; Content-Length is made right. */
  toBuffer(): Buffer {
    if (this.headers.get('content-length') !== String(this.body.length))
      this.headers.set('Content-Length', String(this.body.length));
    const head = Buffer.from(this.head());
    return this.body.length === 0 ? head : Buffer.concat([head, this.body]);
  }

  toString(): string {
    return this.toBuffer().toString();
  }
}

export class SipRequest extends Message {
  readonly kind = 'request';
  readonly method: string;
  uri: string;
  readonly version: string;

  constructor(
    method: string,
    uri: string,
    headers = new Headers(),
    body: Buffer = EMPTY,
    version = '2.0',
  ) {
    super(headers, body);
    this.method = method;
    this.uri = uri;
    this.version = version;
  }

  get startLine(): string {
    return `${this.method} ${this.uri} SIP/${this.version}`;
  }
}

export class SipResponse extends Message {
  readonly kind = 'response';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, headers = new Headers(), body: Buffer = EMPTY) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }

  get startLine(): string {
    return `SIP/2.0 ${this.status} ${this.reason}`;
  }
}

export type SipMessage = SipRequest | SipResponse;

const SEPARATOR = Buffer.from('\r\n\r\n');

/**
 * One message from the bytes of a datagram, a WebSocket frame or a cut-out piece of a stream.
 * Bytes beyond Content-Length are ignored, as RFC 3261 §18.3 asks. Throws SIP_MALFORMED.
 */
export function parseMessage(data: Buffer, maxHeaders = Number.POSITIVE_INFINITY): SipMessage {
  let start = 0;
  while (data[start] === 0x0d || data[start] === 0x0a) start++;
  const end = data.indexOf(SEPARATOR, start);
  if (end < 0) throw malformed('no empty line after the headers');
  const message = parseHead(data.toString('utf8', start, end), maxHeaders);
  // An empty view would keep the whole datagram in memory.
  const body = end + 4 === data.length ? EMPTY : data.subarray(end + 4);
  const [lengths, another] = message.headers.all('content-length');
  if (lengths === undefined) {
    message.body = body;
    return message;
  }
  if (another !== undefined) throw malformed('more than one Content-Length');
  const length = parseDecimal(lengths, 0x7fff_ffff);
  if (length === undefined) throw malformed('Content-Length is not a number');
  if (length > body.length) throw malformed('the body is shorter than its Content-Length');
  message.body = body.subarray(0, length);
  return message;
}

/** Start line and header lines, without the empty line. */
export function parseHead(head: string, maxHeaders = Number.POSITIVE_INFINITY): SipMessage {
  const first = head.indexOf('\r\n');
  const startLine = first < 0 ? head : head.slice(0, first);
  const headers = new Headers(first < 0 ? [] : parseFields(head, first + 2, maxHeaders));
  return startLine.startsWith('SIP/')
    ? parseStatusLine(startLine, headers)
    : parseRequestLine(startLine, headers);
}

function parseFields(head: string, from: number, maxHeaders: number): HeaderField[] {
  const fields: HeaderField[] = [];
  let start = from;
  while (start < head.length) {
    let end = head.indexOf('\r\n', start);
    // A line that goes on with a blank belongs to the one before it.
    while (end >= 0 && (head[end + 2] === ' ' || head[end + 2] === '\t'))
      end = head.indexOf('\r\n', end + 2);
    if (end < 0) end = head.length;
    const field = parseHeaderLine(head.slice(start, end));
    if (field === undefined) throw malformed('a header line has no name');
    fields.push(field);
    if (fields.length > maxHeaders)
      throw new BridgeError('SIP_TOO_LARGE', `A SIP message has more than ${maxHeaders} headers.`);
    start = end + 2;
  }
  return fields;
}

function parseRequestLine(line: string, headers: Headers): SipRequest {
  const [method = '', uri = '', version = '', ...more] = line.split(' ');
  if (!isToken(method) || version === '' || more.length > 0) throw malformed('not a request line');
  if (uri === '' || uri.includes('<') || uri.includes('\t'))
    throw malformed('the Request-URI is not a URI');
  if (!version.startsWith('SIP/')) throw malformed('no SIP version in the request line');
  return new SipRequest(method, uri, headers, EMPTY, version.slice(4));
}

function parseStatusLine(line: string, headers: Headers): SipResponse {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  const code = line.slice(first + 1, second < 0 ? undefined : second);
  const status = code.length === 3 ? parseDecimal(code, 699) : undefined;
  if (first < 0 || status === undefined || status < 100) throw malformed('not a status line');
  return new SipResponse(status, second < 0 ? '' : line.slice(second + 1).trim(), headers);
}

export function parseCSeq(text: string): CSeq | undefined {
  const blank = text.search(/[ \t]/);
  if (blank <= 0) return undefined;
  const number = parseDecimal(text.slice(0, blank), 0x7fff_ffff);
  const method = text.slice(blank).trim();
  return number === undefined || !isToken(method) ? undefined : { number, method };
}

/** Headers that may stand in a message only once. RFC 3261 §7.3.1. */
const ONCE = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards']);

/** What is wrong with a message as a whole, in words; undefined when it can be worked on. */
export function faultOf(message: SipMessage): string | undefined {
  if (message.via === undefined) return 'Via missing or malformed';
  if (message.callId === '') return 'Call-ID missing';
  if (message.from === undefined) return 'From missing or malformed';
  if (message.to === undefined) return 'To missing or malformed';
  if (message.cseq === undefined) return 'CSeq missing or malformed';
  const seen = new Set<string>();
  for (const { key } of message.headers) {
    if (!ONCE.has(key)) continue;
    if (seen.has(key)) return `more than one ${key}`;
    seen.add(key);
  }
  return message.kind === 'request' ? faultOfRequest(message, message.cseq) : undefined;
}

function faultOfRequest(request: SipRequest, cseq: CSeq): string | undefined {
  if (cseq.method !== request.method) return 'CSeq names another method';
  if (/^sips?:/i.test(request.uri)) {
    const uri = parseUri(request.uri);
    // Headers in a Request-URI have no meaning. RFC 3261 §19.1.1.
    if (uri?.headers !== undefined || uri === undefined) return 'the Request-URI is malformed';
  }
  for (const contact of request.headers.list('contact'))
    if (contact !== '*' && parseNameAddr(contact) === undefined) return 'Contact malformed';
  return undefined;
}

function malformed(what: string): BridgeError {
  return new BridgeError('SIP_MALFORMED', `Not a SIP message: ${what}.`);
}

/**
 * What of an unreadable request says whom to tell: method and headers, whatever else is wrong with
 * it. Undefined for responses, for ACK (never answered) and for what has no Via.
 */
export function salvage(data: Buffer): SipRequest | undefined {
  const [startLine = '', ...lines] = (
    data.toString('utf8').trimStart().split('\r\n\r\n', 1)[0] ?? ''
  )
    .slice(0, MAX_SALVAGED)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const method = startLine.split(/\s/, 1)[0] ?? '';
  if (!isToken(method) || method === 'ACK' || !/SIP\/\d/.test(startLine)) return undefined;
  const fields = lines.flatMap((line) => parseHeaderLine(line) ?? []);
  if (!fields.some(({ key }) => key === 'via')) return undefined;
  return new SipRequest(method, '', new Headers(fields));
}

/** As much of an unreadable message is looked at. */
const MAX_SALVAGED = 16_384;
