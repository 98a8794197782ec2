/** Calls over HTTP: made by a page on the bridge's request, their outcome told to who asked. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallStatus, DialRequest } from '../../../common/api.ts';
import { serveCalls } from '../../../server/http/calls-api.ts';
import { PAGE_ANSWER, PHONE_ANSWER, Scene, type PageCall, type WebPage } from './scene.ts';

let scene: Scene;
let page: WebPage;
let server: Server;
let url: string;
/** The call whose page has sent figures. */
let measured: string | undefined;
const FIGURES = { counters: { packets: 50 }, hops: {}, turns: [], answers: [] } as never;

async function open(options: Parameters<typeof Scene.start>[0]): Promise<void> {
  scene = await Scene.start(options);
  page = await scene.page();
  await scene.registerPhone();
}

beforeEach(async () => {
  await open({ extensions: [{ key: '1001', to: { kind: 'page' } }] });
  server = createServer((request, response) => {
    const figuresOf = (id: string) => (id === measured ? FIGURES : undefined);
    if (!serveCalls(scene.signaling, request, response, figuresOf)) response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/calls`;
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await scene.close();
});

async function json(response: Response | Promise<Response>): Promise<[number, CallStatus]> {
  const answer = await response;
  return [answer.status, (await answer.json()) as CallStatus];
}

const post = (body: unknown, query = ''): Promise<[number, CallStatus]> =>
  json(fetch(url + query, { method: 'POST', body: JSON.stringify(body) }));

/** The page does what it is asked, as the real one does. */
async function obey(): Promise<PageCall> {
  const request = await page.peer.request('NOTIFY');
  expect(request.headers.get('event')).toBe('bridge-dial');
  page.peer.answer(request, 200);
  const { callId, to, extension } = JSON.parse(request.body.toString()) as DialRequest;
  return page.dial(`sip:${to}@127.0.0.1`, [
    `X-Bridge-Call-ID: ${callId}`,
    `X-Bridge-Extension: ${extension}`,
  ]);
}

it('POST rings the phone, and GET follows the call to its end', async () => {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ to: 'agent001', extension: '1001' }),
  });
  const [status, made] = await json(response);
  expect(status).toBe(202);
  expect(made).toMatchObject({
    direction: 'outbound',
    extension: '1001',
    caller: 'page',
    dialled: 'agent001',
    state: 'ringing',
  });
  expect(response.headers.get('location')).toBe(`/api/calls/${made.callId}`);
  const call = await obey();
  const leg = await scene.phoneRung();
  expect(leg.invite.callId).toBe(made.callId);
  leg.answer(200, PHONE_ANSWER);
  await call.response(200);
  await leg.request('ACK');
  await expect
    .poll(async () => (await json(fetch(`${url}/${made.callId}`)))[1])
    .toMatchObject({ state: 'answered', extension: '1001' });
  measured = made.callId;
  expect(await json(fetch(`${url}/${measured}`))).toMatchObject([
    200,
    { callId: measured, figures: { counters: { packets: 50 } } },
  ]);
  const [, live] = await json(fetch(url));
  expect(live).toMatchObject([{ callId: made.callId }]);
  leg.hangUp();
  await call.asked('BYE');
  await scene.gone();
  expect(await json(fetch(`${url}/${made.callId}`))).toMatchObject([
    200,
    { state: 'ended', outcome: 'completed', reason: 'the phone hung up' },
  ]);
  expect((await json(fetch(`${url}?ended=1`)))[1]).toMatchObject([{ callId: made.callId }]);
});

describe('with ?wait=1 the answer is the outcome', () => {
  it('answered', async () => {
    const waiting = post({ to: 'agent001' }, '?wait=1');
    const call = await obey();
    (await scene.phoneRung()).answer(200, PHONE_ANSWER);
    await call.response(200);
    expect(await waiting).toMatchObject([200, { state: 'answered', dialled: 'agent001' }]);
  });

  it.each([
    [486, 'busy'],
    [603, 'declined'],
    [480, 'no-answer'],
  ])('%i is %s', async (status, outcome) => {
    const waiting = post({ to: 'agent001' }, '?wait=1');
    const call = await obey();
    (await scene.phoneRung()).refuse(status);
    await call.response(status);
    expect(await waiting).toMatchObject([200, { state: 'ended', outcome, status }]);
    await scene.gone();
  });

  it('a page that does not react', async () => {
    await scene.close();
    await open({ pageReactionMs: 300 });
    const waiting = post({ to: 'agent001' }, '?wait=1');
    page.peer.answer(await page.peer.request('NOTIFY'), 200);
    expect(await waiting).toMatchObject([
      200,
      { outcome: 'failed', reason: 'The page does not react. Reload it' },
    ]);
    expect(scene.signaling.calls).toEqual([]);
  });

  it('a page that refuses', async () => {
    const waiting = post({ to: 'agent001' }, '?wait=1');
    page.peer.answer(await page.peer.request('NOTIFY'), 405);
    expect(await waiting).toMatchObject([200, { outcome: 'failed' }]);
  });

  it('the bridge stops', async () => {
    const waiting = post({ to: 'agent001' }, '?wait=1');
    await page.peer.request('NOTIFY');
    await scene.signaling.close();
    expect(await waiting).toMatchObject([200, { outcome: 'failed', reason: 'The bridge stops' }]);
    expect(await post({ to: 'agent001' })).toMatchObject([503, { message: 'The bridge stops' }]);
  });
});

describe('DELETE', () => {
  const del = (id: string) => json(fetch(`${url}/${id}`, { method: 'DELETE' }));

  it('takes back a call that rings', async () => {
    const [, { callId }] = await post({ to: 'agent001' });
    const call = await obey();
    const leg = await scene.phoneRung();
    leg.answer(180);
    await call.response(180);
    expect(await del(callId)).toMatchObject([
      200,
      { outcome: 'cancelled', reason: 'Ended over HTTP' },
    ]);
    await leg.request('CANCEL');
    leg.refuse(487);
    await call.response(480);
  });

  it('takes back a call that has not begun', async () => {
    const [, { callId }] = await post({ to: 'agent001' });
    expect(await del(callId)).toMatchObject([200, { outcome: 'cancelled' }]);
  });

  it('hangs up a call that a phone made', async () => {
    const { call, leg } = await scene.answered(page);
    expect(await del(call.callId)).toMatchObject([200, { outcome: 'completed' }]);
    const bye = await call.asked('BYE');
    expect(bye.headers.get('reason')).toBe('SIP;cause=480;text="Ended over HTTP"');
    await leg.request('BYE');
    expect(await del(call.callId)).toMatchObject([200, { outcome: 'completed' }]);
  });

  it('of nothing: 404', async () => {
    expect(await del('nothing')).toMatchObject([404, { code: 'NO_CALL' }]);
  });
});

describe('what cannot be', () => {
  it.each([
    [{}, 400, 'BAD_REQUEST', '"to" has to be a text that is not empty.'],
    [{ to: 7 }, 400, 'BAD_REQUEST', '"to" has to be a text that is not empty.'],
    [{ to: 'agent001', extension: 7 }, 400, 'BAD_REQUEST', '"extension" has to be a text.'],
    [{ to: 'agent009' }, 404, 'NOT_REGISTERED', 'agent009 is not registered'],
    [{ to: 'agent001', extension: '9' }, 404, 'BAD_REQUEST', 'There is no extension 9'],
    [
      { to: 'sip:bob@example.com' },
      403,
      'NOT_REACHABLE',
      'example.com is none of the hosts that pages may call',
    ],
  ])('POST %j: %i', async (body, status, code, message) => {
    expect(await post(body)).toEqual([status, { code, message }]);
  });

  it('no page is open: 409', async () => {
    const [{ source } = { source: '' }] = scene.signaling.registrations.filter(
      ({ kind }) => kind === 'page',
    );
    scene.signaling.flowClosed(source);
    expect(await post({ to: 'agent001' })).toEqual([
      409,
      { code: 'NO_PAGE', message: 'No page is open. Open http://localhost:1 in Chrome' },
    ]);
  });

  it('other methods: 405 with what there is', async () => {
    const response = await fetch(url, { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  it('bodies that are no JSON, or too long', async () => {
    for (const body of ['{', 'x'.repeat(70_000)]) {
      const [status] = await json(fetch(url, { method: 'POST', body }));
      expect(status).toBe(400);
    }
  });
});

it('a page at its maximum is not asked', async () => {
  await scene.close();
  await open({ maxCallsPerPage: 1 });
  const call = scene.dial();
  const leg = await page.rung();
  leg.answer(200, PAGE_ANSWER);
  await call.response(200);
  call.request('ACK');
  expect(await post({ to: 'agent001' })).toMatchObject([409, { code: 'PAGE_BUSY' }]);
});
