/**
 * SIP over WebSocket, server side: one message per frame, text or binary in, text out; CRLF
 * keep-alives are answered. A browser cannot be connected to, so flows exist only while it is.
 * RFC 7118: https://www.rfc-editor.org/rfc/rfc7118
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { BridgeError } from '../../common/errors.ts';
import { ConnectionFlow } from './connection-flow.ts';
import { isWildcard, localAddressTowards } from './local-address.ts';
import {
  bindError,
  plainAddress,
  type Endpoint,
  type Transport,
  type TransportSink,
} from './transport.ts';

const KEEP_ALIVE_MS = 45_000;
const PONG = Buffer.from('\r\n');

export function openWs(host: string, port: number, sink: TransportSink): Promise<Transport> {
  const server = createServer((_request, response) => {
    response.writeHead(426, { 'Content-Type': 'text/plain', Upgrade: 'websocket' });
    response.end('This port speaks SIP over WebSocket.\n');
  });
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void => reject(bindError('WebSocket', host, port, cause));
    server.once('error', refused);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', refused);
      resolve(new WsTransport(server, sink));
    });
  });
}

class WsTransport implements Transport {
  readonly protocol = 'ws';
  readonly host: string;
  readonly port: number;
  private readonly server: Server;
  private readonly upgrades: WebSocketServer;
  private closing: Promise<void> | undefined;

  constructor(server: Server, sink: TransportSink) {
    const { address, port } = server.address() as AddressInfo;
    this.server = server;
    this.host = address;
    this.port = port;
    server.on('error', () => undefined);
    server.maxConnections = sink.limits.connections;
    server.on('drop', () => sink.overload(`${sink.limits.connections} SIP connections are open`));
    this.upgrades = new WebSocketServer({
      server,
      maxPayload: sink.limits.messageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has('sip') ? 'sip' : ([...offered][0] ?? false)),
    });
    this.upgrades.on('error', () => undefined);
    this.upgrades.on('connection', (socket, request) => {
      const { remoteAddress, remotePort } = request.socket;
      if (remoteAddress === undefined || remotePort === undefined) socket.terminate();
      else if (!sink.admits(plainAddress(remoteAddress))) socket.terminate();
      else
        new WsFlow(socket, { address: plainAddress(remoteAddress), port: remotePort }, this, sink);
    });
    server.on('connection', (socket) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
    });
  }

  flowTo(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      for (const client of this.upgrades.clients) client.terminate();
      this.upgrades.close();
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
    return this.closing;
  }
}

class WsFlow extends ConnectionFlow {
  readonly protocol = 'ws';
  private readonly socket: WebSocket;
  private readonly transport: WsTransport;

  constructor(socket: WebSocket, remote: Endpoint, transport: WsTransport, sink: TransportSink) {
    super(remote);
    this.socket = socket;
    this.transport = transport;
    socket.on('message', (data) => {
      const message = toBuffer(data);
      if (message.length <= 4 && message.every((byte) => byte === 0x0d || byte === 0x0a)) {
        if (message.length > 0) this.send(PONG);
      } else sink.message(message, this);
    });
    socket.on('error', (error) => {
      sink.garbage(this, isTooLong(error) ? tooLong(sink.limits.messageBytes) : error);
    });
    socket.on('close', () => {
      this.end();
    });
  }

  get local(): Endpoint {
    const { host, port } = this.transport;
    return { address: isWildcard(host) ? localAddressTowards(this.remote.address) : host, port };
  }

  send(data: Buffer, failed?: (error: Error) => void): void {
    this.socket.send(data, { binary: false }, (error) => {
      if (error) failed?.(error);
    });
  }
}

function isTooLong(error: Error): boolean {
  return 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
}

function tooLong(bytes: number): BridgeError {
  return new BridgeError('SIP_TOO_LARGE', `A WebSocket frame has more than ${bytes} bytes.`);
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
