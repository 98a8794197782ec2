/**
 * Opens the WebSocket to an agent, once: it is open, or there is one failure with its code and its
 * reason. A refusal that a browser would hide behind close code 1006 is known here as what it was.
 * https://www.rfc-editor.org/rfc/rfc6455#section-4.1
 */
import { WebSocket } from 'ws';
import { explainClose } from '../../agent/dialects/closes.ts';
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { AgentTarget } from '../agents.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** A close reason holds at most 123 bytes (RFC 6455 §5.5.1). */
const MAX_REASON_BYTES = 123;

export interface AgentFailure {
  readonly code: Extract<ErrorCode, 'AGENT_UNREACHABLE' | 'AGENT_REFUSED'>;
  /** For a person: what happened and what to change. */
  readonly message: string;
  /** What the page is told: the same, short enough for a close frame. */
  readonly close: { readonly code: number; readonly reason: string };
}

export interface ConnectionEvents {
  readonly onOpen: () => void;
  readonly onFailed: (failure: AgentFailure) => void;
}

/** Exactly one of the two events comes; a socket that is closed before it has opened has failed, too. */
export function connectAgent(target: AgentTarget, events: ConnectionEvents): WebSocket {
  const { url, headers, ca } = target;
  let settled = false;
  const fail = (closeCode: number, code: AgentFailure['code'], fact: string) => {
    if (settled) return;
    settled = true;
    const reason = clip(`${code}: ${fact}`);
    const message = explainClose(closeCode, reason);
    events.onFailed({ code, message, close: { code: closeCode, reason } });
  };
  const agent = new WebSocket(url, {
    headers: { ...headers },
    ...(ca && { ca: [...ca] }),
    perMessageDeflate: false,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
  });
  agent.once('open', () => {
    if (settled) return;
    settled = true;
    events.onOpen();
  });
  agent.once('unexpected-response', (request, response) => {
    const { statusCode = 0, statusMessage = '' } = response;
    fail(CLOSE_AGENT_REFUSED, 'AGENT_REFUSED', `HTTP ${statusCode} ${statusMessage}`.trim());
    request.destroy();
  });
  agent.on('error', (error: NodeJS.ErrnoException) => {
    fail(CLOSE_AGENT_UNREACHABLE, 'AGENT_UNREACHABLE', factOf(error));
  });
  return agent;
}

/** `CODE message`, or the message of an error that has none. */
function factOf(error: NodeJS.ErrnoException): string {
  // Every address of a name was tried: what went wrong with the last one is as good as any.
  const last = error instanceof AggregateError ? (error.errors.at(-1) as unknown) : error;
  const { code, message } = last as NodeJS.ErrnoException;
  return code === undefined || message.includes(code) ? message : `${code} ${message}`;
}

export function clip(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_REASON_BYTES
    ? text
    : `${bytes
        .subarray(0, MAX_REASON_BYTES - 3)
        .toString()
        .replace(/\uFFFD$/, '')}…`;
}
