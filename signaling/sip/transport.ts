/**
 * What the transaction layer needs of the network: flows to send on and bytes that come in on them.
 * A flow is a way to one peer: an address for UDP, a connection for TCP and WebSocket. Answers go
 * back on the flow of their request (RFC 3581, RFC 5626 §3:
 * https://www.rfc-editor.org/rfc/rfc5626#section-3).
 */
import { BridgeError, messageOf } from '../../common/errors.ts';
import type { Limits } from './limits.ts';
import { hostPort } from './uri.ts';

export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Flow {
  readonly protocol: Protocol;
  readonly remote: Endpoint;
  /** Our listening address and port as this peer must see them: for Via and Contact. */
  readonly local: Endpoint;
  readonly closed: boolean;
  /** `failed` is called at most once, later, when the bytes could not be handed over. */
  send(data: Buffer, failed?: (error: Error) => void): void;
  /** Calls `listener` when the connection is gone; never for UDP. Returns how to stop listening. */
  onClose(listener: () => void): () => void;
}

/** Where a transport delivers to. */
export interface TransportSink {
  /** One message, not parsed yet. */
  message(data: Buffer, flow: Flow): void;
  /** Bytes that are no SIP; the connection they came on is closed by the transport. */
  garbage(flow: Flow, error: Error): void;
  /** Whether anything may come from that address; what it sends is not looked at otherwise. */
  admits(address: string): boolean;
  /** Something was refused because there is too much of it already. */
  overload(what: string): void;
  readonly limits: Pick<Limits, 'messageBytes' | 'connections'>;
}

export interface Transport {
  readonly protocol: Protocol;
  /** As bound; the port is the real one. */
  readonly host: string;
  readonly port: number;
  /** A flow to that place: UDP, or a TCP connection that is reused or opened. */
  flowTo(remote: Endpoint): Flow | undefined;
  close(): Promise<void>;
}

export interface TransportSpec {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  /** PEM; of `tls` only, which cannot be without. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** The port of a URI that names none. RFC 3261 §19.1.2. */
export function usualPort(protocol: Protocol | undefined): number {
  return protocol === 'tls' ? 5061 : 5060;
}

/** No retransmissions are needed on a reliable transport. */
export function isReliable(flow: Flow): boolean {
  return flow.protocol !== 'udp';
}

/** The error of a listener that could not be opened, in the words a user can act on. */
export function bindError(what: string, host: string, port: number, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const place = `${what} ${hostPort(host, port)}`;
  if (code === 'EADDRINUSE')
    return new BridgeError(
      'PORT_IN_USE',
      `${place} is in use by another program. Stop that program or choose another port.`,
      { cause },
    );
  // Windows says EACCES for a port that another program or Hyper-V has reserved.
  if (code === 'EACCES')
    return new BridgeError(
      'PORT_IN_USE',
      `${place} is reserved by the system. Choose another port.`,
      { cause },
    );
  if (code === 'EADDRNOTAVAIL')
    return new BridgeError('BAD_FLAG', `${host} is not an address of this machine.`, { cause });
  return new Error(`${place} cannot be opened: ${messageOf(cause)}`, { cause });
}

/** Node reports IPv4 peers of a dual-stack socket in IPv6 form. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
