/**
 * Calls over HTTP, for programs: what there is, how one went, and calls to phones made on behalf of
 * an agent. Every answer is JSON; what went wrong is { code, message }.
 *
 *   GET    /api/calls               live calls; with ?ended=1 also the last that ended
 *   GET    /api/calls/{id}          one of them, with what its page has measured (`figures`)
 *   POST   /api/calls               { to, extension? } → 202, or with ?wait=1 → 200 and the outcome
 *   DELETE /api/calls/{id}          hangs up
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallDetails, CallStatus } from '../../common/api.ts';
import { BridgeError } from '../../common/errors.ts';
import type { Refusal } from '../../signaling/call-phrases.ts';
import { badRequest, readJson, sendError, sendJson, textField } from './json-api.ts';
import { decoded } from './path.ts';

const PATH = '/api/calls';

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
  figuresOf: (id: string) => CallDetails['figures'],
): boolean {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const { method = 'GET' } = request;
  if (pathname === PATH) {
    if (method === 'GET') {
      const ended = searchParams.has('ended') ? control.endedCalls : [];
      sendJson(response, [...control.calls, ...ended]);
    } else if (method === 'POST') {
      void originate(control, request, response, searchParams.has('wait'));
    } else notAllowed(response, 'GET, POST');
    return true;
  }
  const id = idOf(pathname);
  if (id === undefined) return false;
  if (method === 'GET') {
    const call = control.callStatus(id);
    const figures = figuresOf(id);
    sendCall(response, call && { ...call, ...(figures && { figures }) });
  } else if (method === 'DELETE') {
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
  try {
    const body = await readJson(request);
    const { extension } = body;
    if (extension !== undefined && typeof extension !== 'string') {
      throw badRequest('"extension" has to be a text.');
    }
    const to = textField(body, 'to').trim();
    const made = control.originate({ to, ...(extension !== undefined && { extension }) });
    if (!('callId' in made)) {
      const { code = 'CALL_FAILED', reason: message } = made;
      sendJson(response, { code, message }, httpStatusOf(made.status));
    } else if (wait) {
      sendCall(response, await control.outcome(made.callId));
    } else {
      response.setHeader('Location', `${PATH}/${encodeURIComponent(made.callId)}`);
      sendJson(response, made, 202);
    }
  } catch (error) {
    sendError(response, error);
  }
}

/** `/api/calls/{id}`; deeper paths are somebody else's. */
function idOf(pathname: string): string | undefined {
  const match = /^\/api\/calls\/([^/]+)$/.exec(pathname);
  return match?.[1] ? decoded(match[1]) : undefined;
}

/** SIP's "nobody there now" is no client error of HTTP's own. */
function httpStatusOf(status: number): number {
  return status === 480 || status === 486 ? 409 : status;
}

function sendCall(response: ServerResponse, call: CallDetails | undefined): void {
  if (call) sendJson(response, call);
  else {
    sendError(response, new BridgeError('NO_CALL', 'No call of that id is up or ended lately.'));
  }
}

function notAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('Allow', allow);
  sendJson(response, { code: 'BAD_REQUEST', message: `Expected one of ${allow}.` }, 405);
}
