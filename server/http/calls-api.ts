/**
 * Calls over HTTP, for programs: what there is, how one went, and calls to phones made on behalf of
 * an agent. Every answer is JSON; what went wrong is { code, message }.
 *
 *   GET    /api/calls               live calls; with ?ended=1 also the last that ended
 *   GET    /api/calls/{id}          one of them
 *   POST   /api/calls               { to, extension? } → 202, or with ?wait=1 → 200 and the outcome
 *   DELETE /api/calls/{id}          hangs up
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallStatus } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Refusal } from '../../signaling/call-phrases.ts';

const PATH = '/api/calls';
const MAX_BODY_BYTES = 64 * 1024;

/** What the API asks of the signaling application. */
export interface CallControl {
  readonly calls: readonly CallStatus[];
  readonly endedCalls: readonly CallStatus[];
  callStatus(id: string): CallStatus | undefined;
  originate(request: { to: string; extension?: string }): CallStatus | Refusal;
  /** Once it is answered or has ended. */
  outcome(id: string): Promise<CallStatus | undefined>;
  /** Undefined = no such call. */
  endCall(id: string, why: string): Promise<CallStatus | undefined>;
}

/** Whether the request was for here; it is answered then. */
export function serveCalls(
  control: CallControl,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const { method = 'GET' } = request;
  if (pathname === PATH) {
    if (method === 'GET') {
      const ended = searchParams.has('ended') ? control.endedCalls : [];
      send(response, 200, [...control.calls, ...ended]);
    } else if (method === 'POST') {
      void originate(control, request, response, searchParams.has('wait'));
    } else notAllowed(response, 'GET, POST');
    return true;
  }
  const id = idOf(pathname);
  if (id === undefined) return false;
  if (method === 'GET') sendCall(response, control.callStatus(id));
  else if (method === 'DELETE') {
    void control.endCall(id, 'Ended over HTTP').then((call) => sendCall(response, call));
  } else notAllowed(response, 'GET, DELETE');
  return true;
}

async function originate(
  control: CallControl,
  request: IncomingMessage,
  response: ServerResponse,
  wait: boolean,
): Promise<void> {
  const body = await readJson(request);
  const { to, extension } = (body ?? {}) as { to?: unknown; extension?: unknown };
  const isKnown = extension === undefined || typeof extension === 'string';
  if (typeof to !== 'string' || to.trim() === '' || !isKnown) {
    const message = 'Expected JSON such as {"to": "agent001", "extension": "1001"}.';
    sendError(response, 400, 'BAD_REQUEST', message);
    return;
  }
  const made = control.originate({ to: to.trim(), ...(extension !== undefined && { extension }) });
  if (!('callId' in made)) {
    sendError(response, httpStatusOf(made.status), made.code ?? 'CALL_FAILED', made.reason);
    return;
  }
  if (!wait) {
    response.setHeader('Location', `${PATH}/${encodeURIComponent(made.callId)}`);
    send(response, 202, made);
    return;
  }
  sendCall(response, await control.outcome(made.callId));
}

/** `/api/calls/{id}`; deeper paths are somebody else's. */
function idOf(pathname: string): string | undefined {
  const match = /^\/api\/calls\/([^/]+)$/.exec(pathname);
  if (!match?.[1]) return undefined;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return undefined;
  }
}

/** SIP's "nobody there now" is no client error of HTTP's own. */
function httpStatusOf(status: number): number {
  return status === 480 || status === 486 ? 409 : status;
}

/** Undefined when it is no JSON, or too much. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

function sendCall(response: ServerResponse, call: CallStatus | undefined): void {
  if (call) send(response, 200, call);
  else sendError(response, 404, 'NO_SUCH_CALL', 'No call of that id is up or ended lately.');
}

function notAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('Allow', allow);
  sendError(response, 405, 'BAD_REQUEST', `Expected one of ${allow}.`);
}

export function sendError(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
): void {
  send(response, status, { code, message });
}

export function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(`${JSON.stringify(value)}\n`);
}
