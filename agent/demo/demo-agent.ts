/**
 * The built-in demo agent: a WebSocket server that speaks the server side of the `talky` dialect,
 * so that the bridge can be tried, shown and tested without an agent of one's own. It says back
 * what the caller says: whoever hears their own words has heard every link of the chain work.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { BridgeError } from '../../common/errors.ts';
import { silent, type Log } from '../../common/log.ts';
import { DemoSession } from './session.ts';

const PATH = '/api/v1/ws/voice';
const REQUIRED = ['tenant_id', 'campaign_id', 'lead_id'];
/** Larger than any valid frame, so that an invalid one can be dropped and counted. */
const MAX_PAYLOAD = 1_048_576;
/** Sessions that can be looked at after their end. */
const KEPT_SESSIONS = 100;
const CLOSE_GRACE_MS = 500;

export interface DemoAgentOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log?: Log;
  /** From the end of the caller's speech to the answer; the turn detection alone takes 240. */
  readonly delayMs?: number;
  /** Answers faster than real time, as text-to-speech does; false sends them live. */
  readonly burst?: boolean;
  /** Idle time before a heartbeat. */
  readonly heartbeatMs?: number;
  /** Keep the received frames, for tests. */
  readonly record?: boolean;
}

export interface DemoAgent {
  /** The base URL; a call's id is appended. */
  readonly url: string;
  readonly port: number;
  /** The last sessions, oldest first, ended ones included. */
  readonly sessions: readonly DemoSession[];
  readonly close: () => Promise<void>;
}

export async function startDemoAgent(options: DemoAgentOptions): Promise<DemoAgent> {
  const { host, port, log = silent, delayMs = 300, burst = true } = options;
  const { heartbeatMs = 30_000, record = false } = options;
  const sessions: DemoSession[] = [];
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD });
  const http = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(`The demo agent answers WebSockets at ${PATH}/{id} only.\n`);
  });

  const accept = (socket: WebSocket, id: string, query: URLSearchParams) => {
    const missing = REQUIRED.filter((name) => !query.get(name));
    if (missing.length > 0) {
      const message = `Missing required query parameters: ${missing.join(', ')}`;
      log('warn', `Demo agent: ${message}`, { callId: id });
      socket.on('error', () => undefined);
      socket.send(JSON.stringify({ type: 'error', message }));
      socket.close(4000, 'Missing required query parameters');
      return;
    }
    sessions.push(new DemoSession(socket, { id, query, delayMs, burst, heartbeatMs, record, log }));
    if (sessions.length > KEPT_SESSIONS) {
      const ended = sessions.findIndex(({ closed }) => closed !== undefined);
      if (ended !== -1) sessions.splice(ended, 1);
    }
  };

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
      const message = `Port ${port} for the demo agent is taken: stop that program or choose another.`;
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
    sessions,
    close: () => (closing ??= stop()),
  };

  async function stop(): Promise<void> {
    for (const session of sessions) {
      if (session.closed === undefined) session.end(1001, 'agent_stopped');
    }
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

/** The call's id and the query, when the path is the agent's. */
function targetOf(request: IncomingMessage): { id: string; query: URLSearchParams } | undefined {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const match = /^\/api\/v1\/ws\/voice\/([^/]+)$/.exec(path);
  if (match?.[1] === undefined) return undefined;
  try {
    return { id: decodeURIComponent(match[1]), query: new URLSearchParams(query) };
  } catch {
    return undefined;
  }
}
