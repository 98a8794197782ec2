/** Who is rung for what was dialled, and what the caller is told when nobody is. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Bindings } from '../../../signaling/bindings.ts';
import { isPrivate, Router, type Route } from '../../../signaling/routing.ts';

let bindings: Bindings;
let busy: Map<string, number>;
let router: Router;
let port = 0;

function register(kind: 'phone' | 'page', user: string, host = '192.0.2.1'): string {
  const source = `192.0.2.99:${++port}`;
  const contact = `sip:${user}@192.0.2.99:${port}`;
  bindings.put({
    aor: `${user}@${host}`,
    contact,
    kind,
    userAgent: '',
    source,
    transport: kind === 'page' ? 'ws' : 'udp',
    q: 1,
    path: [],
    callId: '',
    cseq: 1,
    expiresAt: 1000,
  });
  return contact;
}

beforeEach(() => {
  port = 0;
  bindings = new Bindings(() => 0);
  busy = new Map();
  router = new Router({
    bindings,
    extensions: () => [
      { key: '1001', to: { kind: 'page', user: 'sales' } },
      { key: '2xxx', to: { kind: 'phone', user: 'p{dialled}' }, ringMs: 7000 },
    ],
    reach: ['127.0.0.1:5080', '10.0.0.7', '198.51.100.1'],
    maxCallsPerPage: 2,
    callsOf: (source) => busy.get(source) ?? 0,
    isOwn: ({ host, port: at = 5060 }) => host === '192.0.2.1' && at === 5060,
    pageUrl: () => 'http://localhost:8080',
  });
});

const ringing = (route: Route | undefined) =>
  route?.kind === 'ring' ? route.targets.map(({ uri }) => uri) : route;

describe('a phone dials', () => {
  it('a number of no extension: every page, the latest first', () => {
    const first = register('page', 'page');
    const second = register('page', 'sales');
    register('phone', 'agent001');
    expect(router.fromPhone('1000')).toMatchObject({ kind: 'ring', extension: 'default' });
    expect(ringing(router.fromPhone('1000'))).toEqual([second, first]);
  });

  it('an extension of named pages: only those', () => {
    register('page', 'page');
    expect(router.fromPhone('1001')).toEqual({
      kind: 'refuse',
      extension: '1001',
      status: 480,
      reason: 'No page of sales is open. Open http://localhost:8080 in Chrome',
      code: 'NO_PAGE',
    });
    const sales = register('page', 'sales');
    expect(ringing(router.fromPhone('1001'))).toEqual([sales]);
  });

  it('an extension of phones: every device of that user, for as long as it says', () => {
    const desk = register('phone', 'p2001');
    const mobile = register('phone', 'p2001');
    const route = router.fromPhone('2001');
    expect(ringing(route)).toEqual([mobile, desk]);
    expect(route).toMatchObject({ extension: '2xxx', ringMs: 7000 });
    expect(router.fromPhone('2002')).toMatchObject({
      status: 404,
      reason: 'p2002 is not registered',
    });
  });

  it('pages that have their maximum of calls are left out; none left: 486', () => {
    const first = register('page', 'page');
    register('page', 'page');
    busy.set('192.0.2.99:2', 2);
    expect(ringing(router.fromPhone('1000'))).toEqual([first]);
    busy.set('192.0.2.99:1', 2);
    expect(router.fromPhone('1000')).toMatchObject({
      status: 486,
      reason: 'The page is busy: it has its maximum of 2 calls',
    });
  });
});

describe('a page dials', () => {
  it('a registered phone, by its address or at our own host', () => {
    const phone = register('phone', 'agent001', 'elsewhere.test');
    for (const uri of ['sip:agent001@elsewhere.test', 'sip:agent001@192.0.2.1:5060'])
      expect(ringing(router.fromPage(uri, '1001'))).toEqual([phone]);
    expect(router.fromPage('sip:agent001@192.0.2.1')).toMatchObject({ extension: 'default' });
    expect(router.fromPage('sip:agent001@192.0.2.1', '1001')).toMatchObject({ extension: '1001' });
  });

  it('nobody: 404', () => {
    register('page', 'page');
    expect(router.fromPage('sip:page@192.0.2.1')).toMatchObject({
      status: 404,
      reason: 'page is not registered',
    });
  });

  it.each(['sip:bob@127.0.0.1:5080', 'sip:bob@10.0.0.7', 'sip:10.0.0.7:5070'])(
    '%s, which the configuration names',
    (uri) => {
      expect(ringing(router.fromPage(uri))).toEqual([uri]);
    },
  );

  it.each([
    ['sip:bob@127.0.0.1', '127.0.0.1'],
    ['sip:bob@example.com', 'example.com'],
    // Named, but public.
    ['sip:bob@198.51.100.1', '198.51.100.1'],
  ])('%s, which it does not: 403', (uri, host) => {
    expect(router.fromPage(uri)).toMatchObject({
      status: 403,
      reason: `${host} is none of the hosts that pages may call`,
    });
  });

  it('nonsense: 400', () => {
    expect(router.fromPage('tel:123')).toMatchObject({ status: 400 });
  });
});

it('a redirection leads where a page could have called', () => {
  const other = register('phone', 'agent002');
  expect(router.redirect('sip:agent002@192.0.2.1')?.uri).toBe(other);
  expect(router.redirect('sip:agent002@example.com')).toBeUndefined();
});

it.each([
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['192.168.1.1', true],
  ['[::1]', true],
  ['[fd00::1]', true],
  ['localhost', true],
  ['172.32.0.1', false],
  ['192.0.2.1', false],
  ['10.evil.test', false],
  ['example.com', false],
])('isPrivate(%s) = %s', (host, expected) => {
  expect(isPrivate(host)).toBe(expected);
});
