/**
 * One Via value: who sent the message and where its answer goes. A server writes down the source it
 * really saw (`received`, `rport`), so that answers pass a NAT.
 * RFC 3261 §20.42, RFC 3581: https://www.rfc-editor.org/rfc/rfc3581
 */
import { formatParams, parseParams, type Params } from './tokens.ts';
import { hostOf, parseHostPort } from './uri.ts';

export interface Via {
  /** `UDP`, `TCP`, `WS`, … in upper case. */
  readonly transport: string;
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
}

const START = /^SIP\s*\/\s*2\.0\s*\/\s*([^\s/]+)\s+/i;

export function parseVia(text: string): Via | undefined {
  const start = START.exec(text);
  if (start?.[1] === undefined) return undefined;
  const semicolon = text.indexOf(';', start[0].length);
  const sentBy = parseHostPort(text.slice(start[0].length, semicolon < 0 ? undefined : semicolon));
  const params = parseParams(semicolon < 0 ? '' : text.slice(semicolon));
  if (sentBy === undefined || sentBy.host.includes(' ') || params === undefined) return undefined;
  return { transport: start[1].toUpperCase(), ...sentBy, params };
}

export function formatVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${via.host}${port}${formatParams(via.params)}`;
}

/** Notes the source of a request in its top Via. */
export function stampVia(via: Via, address: string, port: number): void {
  if (via.host !== hostOf(address).toLowerCase()) via.params.set('received', address);
  via.params.set('rport', String(port));
}

/** The magic cookie: a branch that starts so is unique per transaction. RFC 3261 §8.1.1.7. */
export const MAGIC_COOKIE = 'z9hG4bK';
