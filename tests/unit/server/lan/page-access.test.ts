import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { PageAccess } from '../../../../server/lan/page-access.ts';

const KEY = 'k'.repeat(43);
const DAY_MS = 86_400_000;
let now: number;
let access: PageAccess;

beforeEach(() => {
  now = 1_700_000_000_000;
  access = new PageAccess(KEY, () => now);
});

const request = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  ({ url, headers, method }) as unknown as IncomingMessage;

function cookieOf(url: string): string {
  const verdict = access.judge(request(url));
  if (verdict.kind !== 'new') throw new Error(`not let in: ${verdict.kind}`);
  return verdict.cookie;
}

const asSent = (cookie: string) => cookie.replace(/;.*/, '');

describe('the page of a bridge on a network', () => {
  it('lets a token in once, by a cookie that scripts and other sites cannot use', () => {
    const url = `/?start&token=${access.newToken()}`;
    const cookie = cookieOf(url);
    expect(cookie).toMatch(
      /^bridge_page=\d+\.[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(access.judge(request(url)).kind).toBe('used');
    expect(access.judge(request('/api/config', { cookie: asSent(cookie) })).kind).toBe('admitted');
    // Who has been let in may reload the address.
    expect(access.judge(request(url, { cookie: asSent(cookie) })).kind).toBe('admitted');
  });

  it('keeps pages open over a restart, and not for ever', () => {
    const cookie = asSent(cookieOf(`/?token=${access.newToken()}`));
    const restarted = new PageAccess(KEY, () => now);
    expect(restarted.judge(request('/', { cookie: `other=1; ${cookie}` })).kind).toBe('admitted');
    now += 31 * DAY_MS;
    expect(restarted.judge(request('/', { cookie })).kind).toBe('refused');
  });

  it.each([
    ['nothing', {}],
    ['a made-up cookie', { cookie: 'bridge_page=1700000000000.AAAA' }],
    ['a cookie without a value', { cookie: 'bridge_page' }],
    ['the wrong key', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['half a key', { authorization: 'Bearer k' }],
  ])('refuses %s', (_what, headers) => {
    expect(access.judge(request('/', headers as Record<string, string>)).kind).toBe('refused');
  });

  it('refuses a cookie that another bridge has signed', () => {
    const cookie = asSent(cookieOf(`/?token=${access.newToken()}`));
    const other = new PageAccess('o'.repeat(43), () => now);
    expect(other.judge(request('/', { cookie })).kind).toBe('refused');
  });

  it('knows a token it never made as used, and takes none but by GET', () => {
    expect(access.judge(request('/?token=guess')).kind).toBe('used');
    const url = `/?token=${access.newToken()}`;
    expect(access.judge(request(url, {}, 'POST')).kind).toBe('refused');
    expect(access.judge(request(url)).kind).toBe('new');
  });

  it('takes the key of programs', () => {
    const headers = { authorization: `Bearer ${KEY}` };
    expect(access.judge(request('/metrics', headers)).kind).toBe('admitted');
  });

  it('forgets the oldest of many tokens', () => {
    const first = access.newToken();
    for (let n = 0; n < 100; n += 1) access.newToken();
    expect(access.judge(request(`/?token=${first}`)).kind).toBe('used');
  });
});
