/**
 * An agent endpoint under the test's control: records every frame with its arrival time and sends
 * what the test tells it to. It judges nothing; the demo agent is the one that behaves like a
 * product's endpoint.
 */
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { freePort } from './free-port.ts';

export class AgentSession {
  readonly id: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly frames: Buffer[] = [];
  /** performance.now() of each frame. */
  readonly times: number[] = [];
  readonly texts: string[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, url: URL, headers: IncomingHttpHeaders) {
    this.headers = headers;
    this.#socket = socket;
    this.id = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
    this.query = url.searchParams;
    socket.on('message', (data, binary) => {
      if (binary) {
        this.frames.push(data as Buffer);
        this.times.push(performance.now());
      } else {
        this.texts.push((data as Buffer).toString());
      }
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  send(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Everything received, as samples. */
  get pcm(): Int16Array {
    const bytes = Buffer.concat(this.frames);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }
}

export class TestAgent {
  readonly sessions: AgentSession[] = [];
  /** What every session begins with. */
  onSession: ((session: AgentSession) => void) | undefined;
  readonly #server: WebSocketServer;
  readonly #waiting: ((session: AgentSession) => void)[] = [];
  #taken = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      const session = new AgentSession(
        socket,
        new URL(request.url ?? '/', 'ws://agent'),
        request.headers,
      );
      this.onSession?.(session);
      this.sessions.push(session);
      const next = this.#waiting.shift();
      if (next) {
        this.#taken++;
        next(session);
      }
    });
  }

  /** `port`: to come back where it was. */
  static async start(port?: number): Promise<TestAgent> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: port ?? (await freePort()) });
    await once(server, 'listening');
    return new TestAgent(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/api/v1/ws/voice`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next session that opens, or has opened and was not asked for yet. */
  session(): Promise<AgentSession> {
    const ready = this.sessions[this.#taken];
    if (ready) {
      this.#taken++;
      return Promise.resolve(ready);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
