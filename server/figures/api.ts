/**
 * The routes of a call's media at its page:
 *
 *   POST /api/calls/{id}/figures    CallFigures, sent by the page every two seconds
 *   GET  /api/calls/{id}/figures    the newest of them, of ended calls as well
 *   POST /api/calls/{id}/interrupt  ends what the agent is saying, as a barge-in does → 202
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BridgeError } from '../../common/errors.ts';
import { readJson, sendError, sendJson } from '../http/json-api.ts';
import type { FiguresStore } from './store.ts';
import { decoded } from '../http/path.ts';

const PATH = /^\/api\/calls\/([^/]+)\/(figures|interrupt)$/;

export interface FiguresApi {
  readonly store: FiguresStore;
  /** Tells the page of the call; false when it has no page that could obey. */
  readonly interrupt: (callId: string) => boolean;
}

/** False when the path is another's. */
export function serveFigures(
  api: FiguresApi,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const [, name, what] = PATH.exec(pathname) ?? [];
  if (name === undefined) return false;
  const callId = decoded(name) ?? name;
  const allowed = what === 'figures' ? ['GET', 'POST'] : ['POST'];
  if (!allowed.includes(request.method ?? '')) {
    response.writeHead(405, { Allow: allowed.join(', ') }).end(`Only ${allowed.join(', ')}.\n`);
    return true;
  }
  const serve = what === 'interrupt' ? interrupt : request.method === 'POST' ? take : show;
  serve(api, callId, request, response).catch((error: unknown) => sendError(response, error));
  return true;
}

type Route = (
  api: FiguresApi,
  callId: string,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

const take: Route = async ({ store }, callId, request, response) => {
  store.take(callId, await readJson(request));
  response.writeHead(204).end();
};

const show: Route = ({ store }, callId, _request, response) => {
  const figures = store.of(callId);
  if (figures === undefined) return Promise.reject(noCall(callId, 'has no figures'));
  sendJson(response, figures);
  return Promise.resolve();
};

const interrupt: Route = (api, callId, _request, response) => {
  if (!api.interrupt(callId)) return Promise.reject(noCall(callId, 'is not answered by a page'));
  sendJson(response, { callId }, 202);
  return Promise.resolve();
};

function noCall(callId: string, why: string): BridgeError {
  return new BridgeError('NO_CALL', `The call ${callId} is not known, or ${why}.`);
}
