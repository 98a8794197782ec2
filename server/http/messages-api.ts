/** POST /api/messages {to, text}: an instant message to the phones of a user. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readJson, sendError, sendJson, textField } from './json-api.ts';

export type SendMessage = (to: string, text: string) => Promise<void>;

/** False when the path is another's. */
export function serveMessages(
  sendMessage: SendMessage,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname !== '/api/messages') return false;
  if (request.method !== 'POST') {
    response.writeHead(405, { Allow: 'POST' }).end('Only POST.\n');
    return true;
  }
  void (async () => {
    const body = await readJson(request);
    await sendMessage(textField(body, 'to'), textField(body, 'text'));
    sendJson(response, { delivered: true });
  })().catch((error: unknown) => sendError(response, error));
  return true;
}
