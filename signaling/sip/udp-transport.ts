/**
 * SIP over UDP: one message per datagram; the CRLF keep-alives of phones are dropped.
 * RFC 3261 §18, RFC 5626 §3.5: https://www.rfc-editor.org/rfc/rfc3261#section-18
 */
import { createSocket, type Socket } from 'node:dgram';
import { isWildcard, localAddressTowards } from './local-address.ts';
import {
  bindError,
  type Endpoint,
  type Flow,
  type Transport,
  type TransportSink,
} from './transport.ts';

/** Room for a burst of phones that register at once; the kernel may grant less. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

export function openUdp(host: string, port: number, sink: TransportSink): Promise<Transport> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void => {
      socket.close();
      reject(bindError('UDP', host, port, cause));
    };
    socket.once('error', refused);
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.off('error', refused);
      // Windows reports a peer's "port unreachable" here; the transactions' timers deal with it.
      socket.on('error', () => undefined);
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER);
      } catch {
        // A system that refuses the size keeps its default.
      }
      resolve(new UdpTransport(socket, sink));
    });
  });
}

class UdpTransport implements Transport {
  readonly protocol = 'udp';
  readonly host: string;
  readonly port: number;
  private readonly socket: Socket;
  private closing: Promise<void> | undefined;

  constructor(socket: Socket, sink: TransportSink) {
    const { address, port } = socket.address();
    this.socket = socket;
    this.host = address;
    this.port = port;
    socket.on('message', (data, source) => {
      if (isKeepAlive(data)) return;
      sink.message(data, this.flowTo({ address: source.address, port: source.port }));
    });
  }

  get closed(): boolean {
    return this.closing !== undefined;
  }

  flowTo(remote: Endpoint): Flow {
    return new UdpFlow(this, remote);
  }

  send(data: Buffer, remote: Endpoint, failed?: (error: Error) => void): void {
    if (this.closed || remote.port === 0) {
      if (failed) queueMicrotask(() => failed(new Error('nowhere to send to')));
      return;
    }
    this.socket.send(data, remote.port, remote.address, (error) => {
      if (error) failed?.(error);
    });
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      this.socket.close(resolve);
    });
    return this.closing;
  }
}

class UdpFlow implements Flow {
  readonly protocol = 'udp';
  readonly remote: Endpoint;
  private readonly transport: UdpTransport;

  constructor(transport: UdpTransport, remote: Endpoint) {
    this.transport = transport;
    this.remote = remote;
  }

  get local(): Endpoint {
    const { host, port } = this.transport;
    return { address: isWildcard(host) ? localAddressTowards(this.remote.address) : host, port };
  }

  get closed(): boolean {
    return this.transport.closed;
  }

  send(data: Buffer, failed?: (error: Error) => void): void {
    this.transport.send(data, this.remote, failed);
  }

  onClose(): () => void {
    return () => undefined;
  }
}

/** Phones send CRLF, CRLFCRLF or a zero byte to keep a NAT binding open. */
function isKeepAlive(data: Buffer): boolean {
  if (data.length > 4) return false;
  return data.every((byte) => byte === 0x0d || byte === 0x0a || byte === 0);
}
