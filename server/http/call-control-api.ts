/**
 * What can be done to a call: POST /api/calls/{id}/dtmf {digits}, /hold {on}, /transfer {to}; and what
 * the page has heard in its audio, /dtmf/heard {digit, durationMs, from}.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallControl } from '../../signaling/call-control.ts';
import { isKeys } from '../../signaling/dtmf.ts';
import { badRequest, readJson, sendError, sendJson, textField } from './json-api.ts';
import { decoded } from './path.ts';

const PATH = /^\/api\/calls\/([^/]+)\/(dtmf|dtmf\/heard|hold|transfer)$/;

export type CallActions = Pick<CallControl, 'sendDigits' | 'heard' | 'hold' | 'transfer'>;

/** False when the path is another's. */
export function serveCallControl(
  control: CallActions,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const [, name, what] = PATH.exec(pathname) ?? [];
  if (name === undefined || what === undefined) return false;
  if (request.method !== 'POST') {
    response.writeHead(405, { Allow: 'POST' }).end('Only POST.\n');
    return true;
  }
  void (async () => {
    const id = decode(name);
    const body = await readJson(request);
    if (what === 'dtmf') await control.sendDigits(id, textField(body, 'digits'));
    else if (what === 'transfer') await control.transfer(id, textField(body, 'to'));
    else if (what === 'hold') {
      const { on } = body;
      if (typeof on !== 'boolean') throw badRequest('"on" has to be true or false.');
      await control.hold(id, on);
    } else {
      const { durationMs, from } = body;
      const digit = textField(body, 'digit');
      if (digit.length !== 1 || !isKeys(digit)) throw badRequest('"digit" has to be one key.');
      if (typeof durationMs !== 'number' || !(durationMs >= 0 && durationMs <= 60_000)) {
        throw badRequest('"durationMs" has to be a number of milliseconds.');
      }
      control.heard(id, { digit, durationMs }, from === 'page' ? 'page' : 'phone');
    }
    sendJson(response, { done: true });
  })().catch((error: unknown) => sendError(response, error));
  return true;
}

function decode(text: string): string {
  const name = decoded(text);
  if (name === undefined) throw badRequest('The path holds an escape that is none.');
  return name;
}
