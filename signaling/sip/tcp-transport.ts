/**
 * SIP over TCP: a listener and the connections to and from it. A connection that stands is reused
 * for the same peer; a stream that cannot be followed is closed.
 * RFC 3261 §18: https://www.rfc-editor.org/rfc/rfc3261#section-18
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
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
} from './transport.ts';
import { hostPort } from './uri.ts';

const KEEP_ALIVE_MS = 45_000;
const PONG = Buffer.from('\r\n');

export function openTcp(host: string, port: number, sink: TransportSink): Promise<Transport> {
  const server = createServer({ noDelay: true, keepAlive: true });
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void => reject(bindError('TCP', host, port, cause));
    server.once('error', refused);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', refused);
      resolve(new TcpTransport(server, sink));
    });
  });
}

class TcpTransport implements Transport {
  readonly protocol = 'tcp';
  readonly host: string;
  readonly port: number;
  private readonly server: Server;
  private readonly sink: TransportSink;
  /** By the peer's address and port. */
  private readonly flows = new Map<string, TcpFlow>();
  private closing: Promise<void> | undefined;

  constructor(server: Server, sink: TransportSink) {
    const { address, port } = server.address() as AddressInfo;
    this.server = server;
    this.host = address;
    this.port = port;
    this.sink = sink;
    server.on('error', () => undefined);
    server.maxConnections = sink.limits.connections;
    server.on('drop', () => sink.overload(`${sink.limits.connections} SIP connections are open`));
    server.on('connection', (socket) => {
      const { remoteAddress, remotePort } = socket;
      if (remoteAddress === undefined || remotePort === undefined) socket.destroy();
      else this.adopt(socket, { address: plainAddress(remoteAddress), port: remotePort });
    });
  }

  flowTo(remote: Endpoint): Flow | undefined {
    if (this.closing !== undefined) return undefined;
    const existing = this.flows.get(hostPort(remote.address, remote.port));
    if (existing !== undefined) return existing;
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
    });
    return this.closing;
  }
}

class TcpFlow extends ConnectionFlow {
  readonly protocol = 'tcp';
  private readonly socket: Socket;
  private readonly transport: TcpTransport;

  constructor(socket: Socket, remote: Endpoint, transport: TcpTransport, sink: TransportSink) {
    super(remote);
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
