/**
 * What the routes of the HTTP API that change something have in common: a JSON body of bounded size
 * in, JSON out, and an error as `{code, message}` with the status that fits its code.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BridgeError, messageOf, type ErrorCode } from '../../common/errors.ts';

const MAX_BODY_BYTES = 64 * 1024;

const STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  NO_PHONE: 404,
  NO_CALL: 404,
  MESSAGE_REFUSED: 502,
  DTMF_REFUSED: 502,
  HOLD_REFUSED: 502,
  TRANSFER_FAILED: 502,
  DRACHTIO_UNREACHABLE: 503,
};

/** @throws BridgeError BAD_REQUEST */
export async function readJson(
  request: IncomingMessage,
  maxBytes = MAX_BODY_BYTES,
): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw badRequest(`The body is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString() || '{}');
  } catch (error) {
    throw badRequest(`The body is not JSON: ${messageOf(error)}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('The body is not a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** A field that has to be there. */
export function textField(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value !== '') return value;
  throw badRequest(`"${name}" has to be a text that is not empty.`);
}

export function badRequest(message: string): BridgeError {
  return new BridgeError('BAD_REQUEST', message);
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(`${JSON.stringify(value)}\n`);
}

export function sendError(response: ServerResponse, error: unknown): void {
  if (!(error instanceof BridgeError)) {
    sendJson(response, { code: 'INTERNAL', message: messageOf(error) }, 500);
    return;
  }
  sendJson(response, { code: error.code, message: error.message }, STATUS[error.code] ?? 500);
}
