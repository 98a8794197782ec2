/**
 * `/api/agent/{call id}`: where the page finds an agent that it connects to by itself (GET), and what
 * it has noticed about an agent (POST a remark), which goes to the log and to every listener of
 * /api/events.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AgentAddress, AgentRemark } from '../../common/api.ts';
import { ERRORS, type ErrorCode } from '../../common/errors.ts';
import { readJson } from './json-api.ts';
import { decoded } from './path.ts';

const PATH = '/api/agent/';
const MAX_BODY_BYTES = 4096;
const MAX_SENTENCE = 1000;

export interface AgentApiOptions {
  /** The agent's own address for a call, where the page may know it. */
  readonly address: (id: string) => string | undefined;
  readonly remark: (id: string, remark: AgentRemark) => void;
}

/** @returns whether the request was one of these */
export function serveAgent(
  { address, remark }: AgentApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (!pathname.startsWith(PATH)) return false;
  const id = decoded(pathname.slice(PATH.length));
  if (id === undefined || id === '') {
    response.writeHead(400).end('This is no call id.\n');
  } else if (request.method === 'POST') {
    void read(request).then((found) => {
      if (found !== undefined) remark(id, found);
      response.writeHead(found === undefined ? 400 : 204).end();
    });
  } else {
    const url = address(id);
    if (url === undefined) response.writeHead(404).end('That is for the bridge to know.\n');
    else {
      response.setHeader('Content-Type', 'application/json; charset=utf-8');
      response.setHeader('Cache-Control', 'no-store');
      response.end(JSON.stringify({ url } satisfies AgentAddress));
    }
  }
  return true;
}

/** The remark in a body; undefined for anything else. */
async function read(request: IncomingMessage): Promise<AgentRemark | undefined> {
  try {
    const { code, sentence } = await readJson(request, MAX_BODY_BYTES);
    const isKnown = typeof code === 'string' && Object.hasOwn(ERRORS, code);
    if (!isKnown || typeof sentence !== 'string') return undefined;
    return { code: code as ErrorCode, sentence: sentence.slice(0, MAX_SENTENCE) };
  } catch {
    return undefined;
  }
}
