/**
 * `/ws/voice/{id}`: the page's agent socket, passed through to the configured agent. The page then
 * needs neither the agent's address nor its credentials, and a refusal that a browser would hide
 * behind close code 1006 arrives there as a sentence.
 *
 * Frames go through as they are, one by one, with Nagle off on both sides; nothing is queued here
 * but what arrives before the agent's socket is open, and of that at most a second.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';

/** One second of 20 ms frames: the newest are kept while the agent's socket opens. */
const MAX_WAITING_FRAMES = 50;
/** What a dialect opens with comes first, as text, and is never given up: at most two messages. */
const OPENING_MESSAGES = 2;
/** A close reason holds at most 123 bytes (RFC 6455 §5.5.1). */
const MAX_REASON_BYTES = 123;
const CONNECT_TIMEOUT_MS = 5000;

export interface VoiceSocketOptions {
  /** The agent's address for a call id. */
  readonly agentUrl: (id: string) => string;
  readonly log: Log;
  /** What the agent's socket did, for the status: undefined = it opened. */
  readonly outcome: (problem: { code: ErrorCode; message: string } | undefined) => void;
}

export class VoiceSocket {
  readonly #options: VoiceSocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  constructor(options: VoiceSocketOptions) {
    this.#options = options;
  }

  /** @param id the call's id, already URI-decoded. */
  upgrade(id: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (page) => this.#join(page, id));
  }

  close(): void {
    for (const page of this.#server.clients) page.terminate();
    this.#server.close();
  }

  #join(page: WebSocket, id: string): void {
    const { agentUrl, log, outcome } = this.#options;
    const agent = new WebSocket(agentUrl(id), {
      perMessageDeflate: false,
      handshakeTimeout: CONNECT_TIMEOUT_MS,
    });
    const waiting: { data: Buffer; binary: boolean }[] = [];
    const fail = (closeCode: number, code: ErrorCode, message: string) => {
      log('warn', message, { code, callId: id });
      outcome({ code, message });
      page.close(closeCode, clip(`${code}: ${message}`));
    };

    agent.on('open', () => {
      outcome(undefined);
      log('info', 'the agent is connected', { callId: id });
      for (const { data, binary } of waiting.splice(0)) agent.send(data, { binary });
    });
    agent.on('unexpected-response', (request, response) => {
      request.destroy();
      const status = `${response.statusCode ?? 0} ${response.statusMessage ?? ''}`.trim();
      fail(CLOSE_AGENT_REFUSED, 'AGENT_REFUSED', `The agent refused the call with HTTP ${status}`);
    });
    agent.on('error', (error) => {
      if (agent.readyState === WebSocket.OPEN || page.readyState !== WebSocket.OPEN) return;
      fail(
        CLOSE_AGENT_UNREACHABLE,
        'AGENT_UNREACHABLE',
        `The agent cannot be reached: ${error.message}. Is it running?`,
      );
    });
    agent.on('message', (data, binary) => {
      if (page.readyState === WebSocket.OPEN) page.send(data as Buffer, { binary });
    });
    page.on('message', (data, binary) => {
      if (agent.readyState === WebSocket.OPEN) agent.send(data as Buffer, { binary });
      else if (agent.readyState === WebSocket.CONNECTING) {
        if (waiting.length === MAX_WAITING_FRAMES) {
          waiting.splice(waiting[0]?.binary === false ? OPENING_MESSAGES : 0, 1);
        }
        waiting.push({ data: data as Buffer, binary });
      }
    });
    page.on('error', () => undefined);
    agent.on('close', (code, reason) => page.close(sendable(code), reason));
    page.on('close', () => {
      if (agent.readyState === WebSocket.CONNECTING) agent.terminate();
      else agent.close(1000);
    });
  }
}

/** 1005 and 1006 are never sent, they say that no close frame came (RFC 6455 §7.4.1). */
function sendable(code: number): number {
  if (code === 1005) return 1000;
  return code === 1006 || code === 1015 ? 1011 : code;
}

function clip(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_REASON_BYTES
    ? text
    : `${bytes
        .subarray(0, MAX_REASON_BYTES - 3)
        .toString()
        .replace(/\uFFFD$/, '')}…`;
}
