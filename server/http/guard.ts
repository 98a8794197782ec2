/**
 * Which requests the origin answers. It serves one developer on loopback, and any web page that
 * developer visits could otherwise open a WebSocket to it (cross-site WebSocket hijacking) or
 * reach it under a name of its own (DNS rebinding). So: the Host must be an address or a name this
 * server is meant to have, and an Origin, when a browser sends one, must be the same host.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The host name of a Host header, without port and brackets. */
function hostname(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
}

export function isAllowed(request: IncomingMessage): boolean {
  const host = request.headers.host;
  if (host === undefined) return false;
  const name = hostname(host);
  if (name !== 'localhost' && !name.endsWith('.localhost') && isIP(name) === 0) return false;
  const origin = request.headers.origin;
  return origin === undefined || origin.replace(/^https?:\/\//, '') === host;
}
