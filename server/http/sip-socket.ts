/**
 * `/sip`: the page's SIP WebSocket (RFC 7118), passed through to the drachtio server's own
 * WebSocket transport, so that the page needs one origin only, whichever server is behind it.
 *
 * The SIP server sees this side's local port as the page's address. That address:port names the
 * flow, and its end is reported: drachtio tells its application nothing about closed connections.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../../common/log.ts';
import { hostPort } from '../../signaling/sip/uri.ts';

/** Large enough for any SIP message with SDP; a page that sends more is broken. */
const MAX_MESSAGE_BYTES = 64 * 1024;

export interface SipSocketOptions {
  /** The drachtio server's ws transport; undefined while it is not connected. */
  readonly target: () => { readonly host: string; readonly port: number } | undefined;
  readonly flowClosed: (source: string) => void;
  readonly log: Log;
}

export class SipSocket {
  readonly #options: SipSocketOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: (protocols) => (protocols.has('sip') ? 'sip' : false),
    maxPayload: MAX_MESSAGE_BYTES,
  });

  constructor(options: SipSocketOptions) {
    this.#options = options;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = this.#options.target();
    if (!target) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (page) => this.#join(page, target));
  }

  close(): void {
    for (const page of this.#server.clients) page.terminate();
    this.#server.close();
  }

  #join(page: WebSocket, target: { host: string; port: number }): void {
    const { log, flowClosed } = this.#options;
    const sip = new WebSocket(`ws://${hostPort(target.host, target.port)}`, 'sip', {
      perMessageDeflate: false,
    });
    let source: string | undefined;
    const waiting: string[] = [];

    sip.on('upgrade', ({ socket }) => {
      source = `${socket.localAddress ?? ''}:${socket.localPort ?? 0}`;
    });
    sip.on('open', () => {
      for (const message of waiting.splice(0)) sip.send(message);
    });
    page.on('message', (data) => {
      const message = (data as Buffer).toString();
      if (sip.readyState === WebSocket.OPEN) sip.send(message);
      else waiting.push(message);
    });
    sip.on('message', (data) => page.send((data as Buffer).toString()));
    sip.on('error', (error) => {
      log('warn', `the SIP server's WebSocket failed: ${error.message}`, {
        code: 'DRACHTIO_UNREACHABLE',
      });
    });
    page.on('error', () => undefined);
    sip.on('close', () => page.close(1011, 'The SIP server closed the connection'));
    page.on('close', () => {
      sip.terminate();
      if (source) flowClosed(source);
    });
  }
}
