/**
 * The one HTTP origin: the page, its two WebSockets, and what the bridge says of itself.
 *
 *   GET /            the page            GET /api/status  Status (common/api.ts)
 *   WS  /sip         SIP                 GET /api/config  PageConfig
 *   WS  /ws/voice/*  the agent           GET /api/events  SSE: changes and events
 *   GET /api/calls/{id}/trace            GET /healthz     200 "ok", /readyz  Readiness
 *   GET, POST /api/agent/{id}: AgentAddress, AgentRemark
 *   GET, POST /api/calls/{id}/media
 *   ANY /api/calls/{id}/figures          GET /metrics     for Prometheus
 *   POST /api/calls/{id}/interrupt       GET /api/doctor  DoctorReport
 *   /api/calls…          calls-api.ts   GET /api/openapi.json  all of this, described
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BridgeError } from '../../common/errors.ts';
import type { DoctorReport, PageConfig, Status } from '../../common/api.ts';
import { serveAgent, type AgentApiOptions } from './agent-api.ts';
import { serveCalls, type CallControl } from './calls-api.ts';
import { serveDoctor } from './doctor-api.ts';
import type { EventStream } from './event-stream.ts';
import type { PageAccess } from '../lan/page-access.ts';
import { admitRequest, isAdmitted } from './page-door.ts';
import { isAllowed } from './guard.ts';
import { readinessOf } from './health.ts';
import type { TraceRing } from '../../signaling/trace/ring.ts';
import type { MediaWatch } from '../media-watch.ts';
import { serveMedia } from './media-api.ts';
import { serveCallControl, type CallActions } from './call-control-api.ts';
import { sendJson } from './json-api.ts';
import { securityHeaders } from './security-headers.ts';
import { serveMessages, type SendMessage } from './messages-api.ts';
import type { SipSocket } from './sip-socket.ts';
import { CONTENT_TYPE as METRICS } from '../metrics/exposition.ts';
import { openApi } from './openapi/document.ts';
import { serveFigures, type FiguresApi } from '../figures/api.ts';
import { serveTrace } from './trace-api.ts';
import type { VoiceSocket } from './voice-socket.ts';
import { decoded, targetOf } from './path.ts';

/** Serves the page's files; calls `next` for what it does not know. */
export type PageHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void;

export interface OriginOptions {
  readonly host: string;
  readonly port: number;
  readonly page: PageHandler;
  readonly sip: SipSocket;
  readonly voice: VoiceSocket;
  readonly events: EventStream;
  readonly trace: TraceRing;
  readonly mediaWatch: MediaWatch;
  readonly figures: FiguresApi;
  /** In Prometheus' text format. */
  readonly metrics: () => string;
  readonly sendMessage: SendMessage;
  readonly callControl: CallActions;
  readonly calls: CallControl;
  readonly status: () => Status;
  readonly config: () => PageConfig;
  readonly doctor: () => Promise<DoctorReport>;
  readonly agent: AgentApiOptions;
  /** Addresses of the agents that the page connects by itself. */
  readonly directAgents: () => readonly string[];
  /** HTTPS with this; undefined = HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Whoever is let in has a cookie or the key; undefined = everybody is. */
  readonly access?: PageAccess;
  /** Whether an address may connect at all. */
  readonly admits?: (address: string) => boolean;
}

const VOICE = '/ws/voice/';

export class Origin {
  readonly #options: OriginOptions;
  readonly #server: Server;

  constructor(options: OriginOptions) {
    this.#options = options;
    const { tls, admits } = options;
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response);
    this.#server = tls ? createTlsServer(tls, serve) : createServer(serve);
    if (admits) {
      // Behind Node's own listener, which cannot take a socket that is closed; no byte has been read.
      this.#server.on('connection', (socket: Socket) => {
        if (!admits(socket.remoteAddress ?? '')) socket.resetAndDestroy();
      });
    }
    this.#server.on('upgrade', (request, socket: Duplex, head) => {
      this.#upgrade(request, socket, head);
    });
  }

  /** Until it listens, the one it is to have. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  listen(): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new BridgeError(
                'PORT_IN_USE',
                `HTTP port ${port} on ${host} is taken. Stop the other program or use --port with another one.`,
              )
            : error,
        );
      });
      this.#server.listen(port, host, resolve);
    });
  }

  async close(): Promise<void> {
    this.#options.sip.close();
    await this.#options.voice.close();
    this.#options.events.close();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const headers = securityHeaders(this.#options.directAgents());
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!isAllowed(request)) {
      response.writeHead(403).end('This address is not for this host name.\n');
      return;
    }
    const target = targetOf(request);
    if (target === undefined) {
      response.writeHead(400).end('This is no address.\n');
      return;
    }
    const { pathname } = target;
    // Whether the process lives is no secret, and who asks has no cookie.
    if (pathname !== '/healthz' && !admitRequest(this.#options.access, request, response)) return;
    const { status, config, events, trace, mediaWatch, figures, metrics } = this.#options;
    const { sendMessage, callControl, calls, page, agent } = this.#options;
    if (pathname === '/healthz') response.end('ok\n');
    else if (pathname === '/readyz') {
      const readiness = readinessOf(status());
      sendJson(response, readiness, readiness.ready ? 200 : 503);
    } else if (pathname === '/api/status') sendJson(response, status());
    else if (pathname === '/api/config') sendJson(response, config());
    else if (pathname === '/api/events') events.add(response, status());
    else if (pathname === '/api/openapi.json') sendJson(response, openApi());
    else if (pathname === '/metrics') {
      response.writeHead(200, { 'Content-Type': METRICS }).end(metrics());
    } else if (serveDoctor(this.#options.doctor, request, response)) return;
    else if (serveFigures(figures, request, response)) return;
    else if (serveTrace(trace, request, response)) return;
    else if (serveMedia(mediaWatch, request, response)) return;
    else if (serveCalls(calls, request, response, (id) => figures.store.of(id))) return;
    else if (serveAgent(agent, request, response)) return;
    else if (serveCallControl(callControl, request, response)) return;
    else if (serveMessages(sendMessage, request, response)) return;
    else page(request, response, () => response.writeHead(404).end('Not found.\n'));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = targetOf(request);
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    socket.on('error', () => undefined);
    if (!isAllowed(request)) refuse('403 Forbidden');
    else if (target === undefined) refuse('400 Bad Request');
    else if (!isAdmitted(this.#options.access, request)) refuse('401 Unauthorized');
    else if (target.pathname === '/sip') this.#options.sip.upgrade(request, socket, head);
    else if (target.pathname.startsWith(VOICE)) {
      const id = decoded(target.pathname.slice(VOICE.length));
      if (id) this.#options.voice.upgrade(id, request, socket, head);
      else refuse('400 Bad Request');
    } else refuse('404 Not Found');
  }
}
