/**
 * SIP over TCP and over TLS: a listener and the connections to and from it. A connection that stands is
 * reused for the same peer; a stream that cannot be followed is closed. TLS connections are never opened
 * from here: phones have no certificates that could be checked, and keep the connection they made.
 * RFC 3261 §18 and §26.3.1, RFC 5626 §3: https://www.rfc-editor.org/rfc/rfc3261#section-18
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ConnectionFlow } from './connection-flow.ts';
import { isWildcard, localAddressTowards } from './local-address.ts';
import { StreamFramer, type StreamItem } from './stream-framer.ts';
import {
  bindError,
  plainAddress,
  type Endpoint,
  type Flow,
  type Transport,
  type TransportSink,
  type TransportSpec,
} from './transport.ts';
import { hostPort } from './uri.ts';

const KEEP_ALIVE_MS = 45_000;
const PONG = Buffer.from('\r\n');

/** How long a peer may take to agree on keys. */
const HANDSHAKE_MS = 10_000;

export function openTcp(spec: TransportSpec, sink: TransportSink): Promise<Transport> {
  return listen('tcp', createServer({ noDelay: true, keepAlive: true }), spec, sink);
}

export function openTls(spec: TransportSpec, sink: TransportSink): Promise<Transport> {
  const server = createTlsServer({
    ...spec.tls,
    noDelay: true,
    keepAlive: true,
    handshakeTimeout: HANDSHAKE_MS,
  });
  // Whoever speaks something else than TLS is let go of.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return listen('tls', server, spec, sink);
}

function listen(
  protocol: 'tcp' | 'tls',
  server: Server,
  { host, port }: TransportSpec,
  sink: TransportSink,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void =>
      reject(bindError(protocol.toUpperCase(), host, port, cause));
    server.once('error', refused);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', refused);
      resolve(new TcpTransport(protocol, server, sink));
    });
  });
}

class TcpTransport implements Transport {
  readonly protocol: 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  private readonly server: Server;
  private readonly sink: TransportSink;
  /** By the peer's address and port. */
  private readonly flows = new Map<string, TcpFlow>();
  /** Those that came in, still shaking hands or not. */
  private readonly sockets = new Set<Socket>();
  private closing: Promise<void> | undefined;

  constructor(protocol: 'tcp' | 'tls', server: Server, sink: TransportSink) {
    this.protocol = protocol;
    const { address, port } = server.address() as AddressInfo;
    this.server = server;
    this.host = address;
    this.port = port;
    this.sink = sink;
    server.on('error', () => undefined);
    server.maxConnections = sink.limits.connections;
    server.on('drop', () => sink.overload(`${sink.limits.connections} SIP connections are open`));
    // Before a handshake, if there is one.
    server.prependListener('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      if (!sink.admits(plainAddress(socket.remoteAddress ?? ''))) socket.resetAndDestroy();
    });
    server.on(protocol === 'tls' ? 'secureConnection' : 'connection', (socket: Socket) => {
      const { remoteAddress, remotePort } = socket;
      if (remoteAddress === undefined || remotePort === undefined) socket.destroy();
      else if (!socket.destroyed) {
        this.adopt(socket, { address: plainAddress(remoteAddress), port: remotePort });
      }
    });
  }

  flowTo(remote: Endpoint): Flow | undefined {
    if (this.closing !== undefined) return undefined;
    const existing = this.flows.get(hostPort(remote.address, remote.port));
    if (existing !== undefined || this.protocol === 'tls') return existing;
    const socket = connect({ host: remote.address, port: remote.port, noDelay: true });
    return this.adopt(socket, remote);
  }

  private adopt(socket: Socket, remote: Endpoint): TcpFlow {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const key = hostPort(remote.address, remote.port);
    const flow = new TcpFlow(socket, remote, this, this.sink);
    this.flows.set(key, flow);
    flow.onClose(() => {
      if (this.flows.get(key) === flow) this.flows.delete(key);
    });
    return flow;
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      this.server.close(() => resolve());
      for (const flow of this.flows.values()) flow.destroy();
      for (const socket of this.sockets) socket.destroy();
    });
    return this.closing;
  }
}

class TcpFlow extends ConnectionFlow {
  readonly protocol: 'tcp' | 'tls';
  private readonly socket: Socket;
  private readonly transport: TcpTransport;

  constructor(socket: Socket, remote: Endpoint, transport: TcpTransport, sink: TransportSink) {
    super(remote);
    this.protocol = transport.protocol;
    this.socket = socket;
    this.transport = transport;
    const framer = new StreamFramer(sink.limits.messageBytes);
    socket.on('data', (chunk) => {
      let items: StreamItem[];
      try {
        items = framer.push(chunk);
      } catch (error) {
        sink.garbage(this, error instanceof Error ? error : new Error(String(error)));
        socket.destroy();
        return;
      }
      for (const item of items) {
        if (item === 'ping') this.send(PONG);
        else sink.message(item, this);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.end();
    });
  }

  get local(): Endpoint {
    const { host, port } = this.transport;
    if (!isWildcard(host)) return { address: host, port };
    const seen = this.socket.localAddress;
    return {
      address: seen ? plainAddress(seen) : localAddressTowards(this.remote.address),
      port,
    };
  }

  send(data: Buffer, failed?: (error: Error) => void): void {
    this.socket.write(data, (error) => {
      if (error) failed?.(error);
    });
  }

  destroy(): void {
    this.socket.destroy();
  }
}
