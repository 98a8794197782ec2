/** GET /api/doctor: what stands in the way of calls, as `npm run doctor -- --json` says it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DoctorReport } from '../../common/api.ts';
import { sendError, sendJson } from './json-api.ts';

/** False when the path is another's. */
export function serveDoctor(
  report: () => Promise<DoctorReport>,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname !== '/api/doctor') return false;
  if (request.method === 'GET') {
    report().then(
      (found) => sendJson(response, found),
      (error: unknown) => sendError(response, error),
    );
  } else {
    response.setHeader('Allow', 'GET');
    sendJson(response, { code: 'BAD_REQUEST', message: 'Only GET.' }, 405);
  }
  return true;
}
