/**
 * What HTTP makes of the page's access: a token becomes a cookie and disappears from the address, and
 * who has neither gets a sentence (401). Without an access everybody is let in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PageAccess } from '../lan/page-access.ts';
import { TOKEN } from '../lan/page-access.ts';
import { sendJson } from './json-api.ts';

const LOCKED = {
  refused:
    'This page is locked. Open the address that the bridge has printed, or press o in its terminal for a new one.',
  used: 'The token in this address has been used already. Press o in the terminal of the bridge for a new one.',
} as const;

/** False: the request has been answered. */
export function admitRequest(
  access: PageAccess | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const verdict = access?.judge(request) ?? { kind: 'admitted' };
  if (verdict.kind === 'admitted') return true;
  response.setHeader('Cache-Control', 'no-store');
  if (verdict.kind === 'new') {
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Set-Cookie': verdict.cookie,
      'Referrer-Policy': 'no-referrer',
    });
    response.end(forward(request));
  } else if ((request.url ?? '').startsWith('/api/')) {
    sendJson(response, { code: 'PAGE_LOCKED', message: LOCKED[verdict.kind] }, 401);
  } else {
    response.writeHead(401, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`PAGE_LOCKED: ${LOCKED[verdict.kind]}\n`);
  }
  return false;
}

/** For WebSockets: a token opens none. */
export function isAdmitted(access: PageAccess | undefined, request: IncomingMessage): boolean {
  return access === undefined || access.judge(request).kind === 'admitted';
}

/**
 * No HTTP redirect: a browser that came from another site would follow that without a cookie that is
 * `SameSite=Strict`. A step that this page takes is one of its own site.
 */
function forward(request: IncomingMessage): string {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  searchParams.delete(TOKEN);
  const target = `${pathname.replace(/^\/+/, '/')}${searchParams.size > 0 ? `?${searchParams.toString()}` : ''}`;
  const text = target.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${text}"><title>SIP Agent Bridge</title><a href="${text}">Continue</a>\n`;
}
