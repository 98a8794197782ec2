/**
 * The trace of a drachtio server that is not ours: read from its admin connection, where it hands
 * over what comes in and echoes what it has sent. It does not tell of what it does alone (100 Trying,
 * retransmissions, ACKs of failures, its answers to CANCEL), nor where a request was sent to.
 */
import type { Headers } from '../sip/headers.ts';
import type { TracedMessage } from '../sip/trace.ts';
import type { Endpoint, Protocol } from '../sip/transport.ts';
import { parseUri } from '../sip/uri.ts';
import { parseVia } from '../sip/via.ts';
import { parseHead, type SipMessage } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';

const NOWHERE: Endpoint = { address: '', port: 0 };

/** One frame from the server as a traced message; undefined for frames without SIP. */
export function tracedFrame(
  frame: string,
  listeners: readonly { readonly protocol: string; readonly host: string; readonly port: number }[],
  now: number,
): TracedMessage | undefined {
  const end = frame.indexOf('\r\n');
  if (end < 0) return undefined;
  const meta = frame.slice(0, end).split('|');
  const text = frame.slice(end + 2);
  const message = parsed(text);
  if (message === undefined) return undefined;
  const protocol = protocolOf(message);
  const listener = listeners.find((one) => one.protocol === protocol);
  const local = listener ? { address: listener.host, port: listener.port } : NOWHERE;
  const base = { at: now, protocol, text };
  if (meta[1] === 'sip') {
    const at = { address: meta[5] ?? '', port: Number(meta[6] ?? 0) };
    // What the server sent on its own it reports with its own address.
    if (meta[2] === 'application')
      return { ...base, direction: 'out', local: at, remote: targetOf(message) };
    const seen = meta[10] ? { address: meta[10], port: Number(meta[11]) } : local;
    return { ...base, direction: 'in', local: seen, remote: at };
  }
  if (meta[1] !== 'response' || meta[4] !== 'application') return undefined;
  const place = { address: meta[7] ?? '', port: Number(meta[8] ?? 0) };
  // A response is echoed with the address it went to, a request with the one it left from.
  return message.kind === 'response'
    ? { ...base, direction: 'out', local, remote: place }
    : { ...base, direction: 'out', local: place, remote: targetOf(message) };
}

function parsed(text: string): SipMessage | undefined {
  const end = text.indexOf('\r\n\r\n');
  try {
    return parseHead(end < 0 ? text : text.slice(0, end));
  } catch {
    return undefined;
  }
}

/** The server calls WebSocket `tcp`; the Via knows better. */
function protocolOf({ headers }: { readonly headers: Headers }): Protocol {
  const transport = parseVia(headers.list('via')[0] ?? '')?.transport;
  switch (transport) {
    case 'TCP':
      return 'tcp';
    case 'TLS':
      return 'tls';
    case 'WS':
    case 'WSS':
      return 'ws';
    default:
      return 'udp';
  }
}

/** Where a request is addressed to, as far as it says so itself. */
function targetOf(message: SipMessage): Endpoint {
  if (message.kind === 'response') return NOWHERE;
  const route = parseNameAddr(message.headers.list('route')[0] ?? '')?.uri;
  const uri = parseUri(route ?? message.uri);
  return uri === undefined ? NOWHERE : { address: uri.host, port: uri.port ?? 5060 };
}
