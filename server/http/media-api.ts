/**
 * /api/calls/{id}/media: how the media of a call does.
 *
 *   POST  the page's own view of its connection (PageConnection), which it sends as the call goes on
 *   GET   what the two views together say: {state, code?, sentence}
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { MediaWatch } from '../media-watch.ts';
import { readJson, sendJson } from './json-api.ts';
import { decoded } from './path.ts';

const PATH = /^\/api\/calls\/([^/]+)\/media$/;
const MAX_BODY = 4096;
const count = z.number().min(0);
const connection = z
  .object({
    ice: z.string().max(20),
    dtls: z.string().max(20),
    received: count,
    sent: count,
    taken: count.exactOptional(),
    roundTripMs: count.exactOptional(),
  })
  .readonly();

/** False when the path is another's. */
export function serveMedia(
  watch: MediaWatch,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const name = PATH.exec(new URL(request.url ?? '/', 'http://localhost').pathname)?.[1];
  if (name === undefined) return false;
  const callId = decoded(name) ?? name;
  response.setHeader('Cache-Control', 'no-store');
  if (request.method === 'POST') void take(watch, callId, request, response);
  else if (request.method === 'GET') {
    const verdict = watch.verdictOf(callId);
    if (verdict === undefined) refuse(response, 404, 'NO_CALL', 'Nothing is known of its media.');
    else sendJson(response, verdict);
  } else {
    response.setHeader('Allow', 'GET, POST');
    refuse(response, 405, 'BAD_REQUEST', 'Only GET and POST.');
  }
  return true;
}

async function take(
  watch: MediaWatch,
  callId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { success, data } = connection.safeParse(await readJson(request, MAX_BODY));
    if (!success) refuse(response, 400, 'BAD_REQUEST', 'Expected ice, dtls, received and sent.');
    else if (!watch.report(callId, data))
      refuse(response, 404, 'NO_CALL', 'There is no such call.');
    else response.writeHead(204).end();
  } catch {
    refuse(response, 400, 'BAD_REQUEST', 'The body is no JSON.');
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, { code, message }, status);
}
