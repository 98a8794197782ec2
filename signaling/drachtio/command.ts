/**
 * What an application may ask for: the payload of one frame, read into a command. The SIP part is
 * taken leniently, as drachtio takes it: the app's Content-Length is ignored (it counts UTF-16
 * units), lines that are no header are skipped, and so are headers that only the server may set.
 */
import { parseHeaderLine, type HeaderField } from '../sip/headers.ts';
import { isToken } from '../sip/tokens.ts';

/** The SIP part of a command. */
export interface AppMessage {
  readonly startLine: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

/** Hands a request over to be proxied. */
export interface ProxyCommand {
  readonly type: 'proxy';
  readonly id: string;
  readonly transactionId: string;
  /** Stay in the dialog: Record-Route, or Path for REGISTER. */
  readonly stay: boolean;
  /** The application wants to see every final response. */
  readonly fullResponse: boolean;
  readonly followRedirects: boolean;
  readonly simultaneous: boolean;
  /** Milliseconds until the first response and until the final one; undefined: as RFC 3261 has it. */
  readonly provisionalMs: number | undefined;
  readonly finalMs: number | undefined;
  readonly destinations: readonly string[];
  readonly message: AppMessage;
}

export type Command =
  | { readonly type: 'authenticate'; readonly id: string; readonly secret: string }
  | { readonly type: 'ping'; readonly id: string }
  | { readonly type: 'route' | 'remove_route'; readonly id: string; readonly verb: string }
  | {
      readonly type: 'response';
      readonly id: string;
      readonly transactionId: string;
      readonly message: AppMessage;
    }
  | {
      readonly type: 'cancel';
      readonly id: string;
      readonly transactionId: string;
      readonly message: AppMessage;
    }
  | {
      readonly type: 'in-dialog';
      readonly id: string;
      readonly dialogId: string;
      readonly message: AppMessage;
    }
  | {
      readonly type: 'request';
      readonly id: string;
      readonly proxy: string;
      readonly message: AppMessage;
    }
  | ProxyCommand
  | { readonly type: 'invalid'; readonly id: string; readonly reason: string };

const SERVER_ONLY = new Set(['via', 'route', 'rseq', 'record-route', 'content-length']);

export function parseCommand(payload: Buffer): Command {
  const lineEnd = payload.indexOf('\r\n');
  const meta = payload.toString('utf8', 0, lineEnd < 0 ? undefined : lineEnd);
  const [id = '', type = '', third = '', fourth = '', fifth = ''] = meta.split('|');
  if (!meta.includes('|')) return { type: 'invalid', id: '', reason: 'Invalid message format' };
  switch (type) {
    case 'authenticate':
      return { type, id, secret: third };
    case 'ping':
      return { type, id };
    case 'proxy':
      return proxyCommand(
        id,
        meta.split('|').slice(2),
        lineEnd < 0 ? undefined : payload.subarray(lineEnd + 2),
      );
    case 'route':
    case 'remove_route':
      return { type, id, verb: third.toLowerCase() };
    case 'sip':
      return sipCommand(
        id,
        third,
        fourth,
        fifth,
        lineEnd < 0 ? undefined : payload.subarray(lineEnd + 2),
      );
    default:
      return { type: 'invalid', id, reason: 'Unknown message type' };
  }
}

function sipCommand(
  id: string,
  transactionId: string,
  dialogId: string,
  proxy: string,
  sip: Buffer | undefined,
): Command {
  const message = sip && parseAppMessage(sip);
  if (message === undefined) return { type: 'invalid', id, reason: 'Invalid message format' };
  if (message.startLine.startsWith('SIP/')) {
    if (transactionId === '') return { type: 'invalid', id, reason: 'transaction id missing' };
    return { type: 'response', id, transactionId, message };
  }
  if (dialogId !== '') return { type: 'in-dialog', id, dialogId, message };
  if (transactionId !== '') return { type: 'cancel', id, transactionId, message };
  return { type: 'request', id, proxy, message };
}

function proxyCommand(id: string, fields: readonly string[], sip: Buffer | undefined): Command {
  const [transactionId = '', stay, full, redirects, order, provisional, final, ...to] = fields;
  const message = sip && parseAppMessage(sip);
  if (message === undefined || to.length === 0)
    return { type: 'invalid', id, reason: 'Invalid message format' };
  return {
    type: 'proxy',
    id,
    transactionId,
    stay: stay === 'remainInDialog',
    fullResponse: full === 'fullResponse',
    followRedirects: redirects === 'followRedirects',
    simultaneous: order === 'simultaneous',
    provisionalMs: millisecondsOf(provisional),
    finalMs: millisecondsOf(final),
    destinations: to,
    message,
  };
}

/** `1500ms`, `2s`; a bare number is milliseconds. */
function millisecondsOf(text = ''): number | undefined {
  const found = /^(\d{1,7})(ms|s)?$/.exec(text.trim());
  return found?.[1] === undefined ? undefined : Number(found[1]) * (found[2] === 's' ? 1000 : 1);
}

function parseAppMessage(sip: Buffer): AppMessage | undefined {
  const end = sip.indexOf('\r\n\r\n');
  const head = sip.toString('utf8', 0, end < 0 ? undefined : end);
  const [startLine = '', ...lines] = unfold(head).split('\r\n');
  if (!startLine.includes(' ')) return undefined;
  const headers: HeaderField[] = [];
  for (const line of lines) {
    const field = parseHeaderLine(line);
    if (field === undefined || !isToken(nameOf(field)) || SERVER_ONLY.has(field.key)) continue;
    headers.push(field);
  }
  return {
    startLine,
    headers,
    body: end < 0 ? Buffer.alloc(0) : Buffer.from(sip.subarray(end + 4)),
  };
}

/** A header that an app passes on from another message may still be folded. */
function unfold(head: string): string {
  return /\r\n[ \t]/.test(head) ? head.replace(/[ \t]*\r\n[ \t]+/g, ' ') : head;
}

export function nameOf(field: HeaderField): string {
  return field.line.slice(0, field.line.indexOf(':')).trimEnd();
}
