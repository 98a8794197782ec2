/**
 * The HTTP and WebSocket server under the built-in agents: takes calls at the path where the talky
 * endpoints have theirs, hands each to an agent, and says goodbye to all of them at the end.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { BridgeError } from '../../common/errors.ts';

const PATH = '/api/v1/ws/voice';
/** Larger than any valid frame, so that an invalid one can be dropped and counted. */
const MAX_PAYLOAD = 1_048_576;
const CLOSE_GRACE_MS = 500;

export interface AgentServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly accept: (socket: WebSocket, id: string, query: URLSearchParams) => void;
  /** Says goodbye on every open call. */
  readonly goodbye: () => void;
}

export interface AgentServer {
  /** The base URL; a call's id is appended where the dialect does so. */
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

export async function startAgentServer(options: AgentServerOptions): Promise<AgentServer> {
  const { host, port, accept, goodbye } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD });
  const http = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(`The agent answers WebSockets at ${PATH}/{id} only.\n`);
  });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const target = targetOf(request);
    if (target === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accept(accepted, target.id, target.query);
    });
  });

  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `Port ${port} for the agent is taken: stop that program or choose another.`;
      const taken = cause.code === 'EADDRINUSE';
      reject(taken ? new BridgeError('PORT_IN_USE', message, { cause }) : cause);
    });
    http.listen(port, host, resolve);
  });

  const { port: actual } = http.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${actual}${PATH}`,
    port: actual,
    close: () => (closing ??= stop()),
  };

  async function stop(): Promise<void> {
    goodbye();
    const closed = [...sockets.clients].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    );
    const grace = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
    }, CLOSE_GRACE_MS);
    await Promise.all([...closed, new Promise((resolve) => http.close(resolve))]);
    clearTimeout(grace);
  }
}

/** The call's id (none where the dialect names it later) and the query, when the path is ours. */
function targetOf(request: IncomingMessage): { id: string; query: URLSearchParams } | undefined {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const match = /^\/api\/v1\/ws\/voice(?:\/([^/]+))?$/.exec(path);
  if (match === null) return undefined;
  try {
    return { id: decodeURIComponent(match[1] ?? ''), query: new URLSearchParams(query) };
  } catch {
    return undefined;
  }
}
