import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE, type Status } from '../../../common/api.ts';
import { BridgeError, type ErrorCode } from '../../../common/errors.ts';
import { silent } from '../../../common/log.ts';
import { NO_COUNTERS, type CallFigures } from '../../../common/figures.ts';
import { FiguresStore } from '../../../server/figures/store.ts';
import { EventStream } from '../../../server/http/event-stream.ts';
import { MediaWatch } from '../../../server/media-watch.ts';
import { Origin, type OriginOptions } from '../../../server/http/origin.ts';
import { SipSocket } from '../../../server/http/sip-socket.ts';
import { VoiceSocket } from '../../../server/http/voice-socket.ts';
import { TraceRing } from '../../../signaling/trace/ring.ts';
import { TestAgent } from '../../support/test-agent.ts';
import { NO_HOPS, NO_TIMES } from '../../support/figures.ts';

const STATUS = { version: '1.2.3', calls: [] } as unknown as Status;

const LIVE = 'a b@1.2.3.4';
let origin: Origin;
let agent: TestAgent;
let sipServer: WebSocketServer;
let agentUrl: string;
let flows: string[];
let outcomes: (ErrorCode | undefined)[];
let remarks: string[][];
let events: EventStream;
let watch: MediaWatch;
let turns: number[];
let interrupted: string[];
let sent: [to: string, text: string][];
let actions: unknown[][];

function act(...action: unknown[]): Promise<void> {
  actions.push(action);
  return action[2] === 'no'
    ? Promise.reject(new BridgeError('TRANSFER_FAILED', 'The call was not transferred: 486.'))
    : Promise.resolve();
}

function options(): OriginOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    page: (request, response, next) => {
      if (request.url === '/') response.end('the page');
      else next();
    },
    sip: new SipSocket({
      target: () => ({ host: '127.0.0.1', port: (sipServer.address() as AddressInfo).port }),
      flowClosed: (source) => flows.push(source),
      log: silent,
    }),
    voice: new VoiceSocket({
      target: (id) => ({
        url: `${agentUrl}/${encodeURIComponent(id)}?tenant_id=t`,
        headers: {},
        pingMs: 0,
      }),
      tell: () => undefined,
      outcome: (problem) => outcomes.push(problem?.code),
      log: silent,
    }),
    events,
    trace: new TraceRing(),
    mediaWatch: watch,
    figures: {
      store: new FiguresStore({
        isLive: (callId) => callId === LIVE,
        onTurn: (_callId, turn) => turns.push(turn.id),
      }),
      interrupt: (callId) => callId === LIVE && interrupted.push(callId) > 0,
    },
    metrics: () => '# HELP x\n',
    callControl: {
      sendDigits: (id, digits) => act('dtmf', id, digits),
      hold: (id, on) => act('hold', id, on),
      transfer: (id, to) => act('transfer', id, to),
      heard: (...heard) => void act('heard', ...heard),
    },
    sendMessage: (to, text) => {
      sent.push([to, text]);
      return to === 'gone'
        ? Promise.reject(new BridgeError('NO_PHONE', 'No phone is registered as gone.'))
        : Promise.resolve();
    },
    calls: {} as never,
    status: () => STATUS,
    config: () => ({ version: '1.2.3' }) as never,
    doctor: () => Promise.resolve({ ok: true, findings: [] }),
    directAgents: () => ['wss://agent.example:8443/voice/{dialled}?a=b', 'ws://{dialled}.example/'],
    agent: {
      address: (id) => (id === 'a b' ? 'ws://agent/a%20b' : undefined),
      remark: (id, { code, sentence }) => remarks.push([id, code, sentence]),
    },
  };
}

beforeEach(async () => {
  flows = [];
  turns = [];
  interrupted = [];
  outcomes = [];
  remarks = [];
  sent = [];
  actions = [];
  agent = await TestAgent.start();
  agentUrl = agent.url;
  sipServer = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(sipServer, 'listening');
  events = new EventStream();
  watch = new MediaWatch({
    calls: () => [],
    query: () => Promise.reject(new Error('no engine')),
    tell: () => undefined,
    end: () => undefined,
    log: silent,
    inactivityMs: 0,
  });
  origin = new Origin(options());
  await origin.listen();
});

afterEach(async () => {
  await origin.close();
  watch.close();
  await agent.close();
  for (const client of sipServer.clients) client.terminate();
  sipServer.close();
});

const http = (path: string) => `http://127.0.0.1:${origin.port}${path}`;
const open = (path: string, protocols: string[] = [], headers = {}) =>
  new WebSocket(`ws://127.0.0.1:${origin.port}${path}`, protocols, { headers });
const closing = async (socket: WebSocket) => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
};

describe('HTTP', () => {
  it.each([
    ['/healthz', 200, 'ok\n'],
    ['/', 200, 'the page'],
    ['/nowhere', 404, 'Not found.\n'],
    ['/api/status', 200, '{"version":"1.2.3","calls":[]}\n'],
    ['/api/doctor', 200, '{"ok":true,"findings":[]}\n'],
    ['/api/config', 200, '{"version":"1.2.3"}\n'],
    ['/api/agent/a%20b', 200, '{"url":"ws://agent/a%20b"}'],
    ['/api/agent/other', 404, 'That is for the bridge to know.\n'],
    ['/metrics', 200, '# HELP x\n'],
  ])('GET %s → %i', async (path, status, body) => {
    const response = await fetch(http(path));
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
  });

  it.each([
    ['{"code":"AGENT_SLOW","sentence":"It is slow."}', 204],
    ['{"code":"NONE","sentence":"x"}', 400],
    ['{"code":"AGENT_SLOW"}', 400],
    ['null', 400],
    ['x', 400],
    [`"${'x'.repeat(5000)}"`, 400],
  ])('POST /api/agent/{id} takes remarks and nothing else', async (body, status) => {
    const response = await fetch(http('/api/agent/a%20b'), { method: 'POST', body });
    expect(response.status).toBe(status);
    expect(remarks).toEqual(status === 204 ? [['a b', 'AGENT_SLOW', 'It is slow.']] : []);
  });

  it('lets the page load, reach and be framed by nothing but its own origin', async () => {
    const { headers } = await fetch(http('/'));
    const policy = headers.get('Content-Security-Policy')?.split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    // And the agents that it connects by itself.
    expect(policy).toContain("connect-src 'self' wss://agent.example:8443 ws:");
    expect(policy?.join()).not.toContain('unsafe');
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it('streams the status: at once, and on every change', async () => {
    const response = await fetch(http('/api/events'));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(
      'event: status\ndata: {"version":"1.2.3","calls":[]}\n\n',
    );
    events.send({ ...STATUS, version: '2' });
    expect((await reader?.read())?.value).toContain('{"version":"2","calls":[]}');
    await reader?.cancel();
  });

  it('streams what happens, each under its own type', async () => {
    const response = await fetch(http('/api/events'));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    events.tell({ type: 'message', at: 'now', from: 'a@b', to: 'c@d', text: 'one\ntwo' });
    expect((await reader?.read())?.value).toBe(
      'event: message\n' +
        'data: {"type":"message","at":"now","from":"a@b","to":"c@d","text":"one\\ntwo"}\n\n',
    );
    await reader?.cancel();
  });

  it.each([
    ['{"to":"agent001","text":"Grüße"}', 200, { delivered: true }],
    ['{"to":"gone","text":"x"}', 404, { code: 'NO_PHONE' }],
    ['{"to":"agent001"}', 400, { code: 'BAD_REQUEST', message: /"text"/ }],
    ['{"to":"agent001","text":""}', 400, { code: 'BAD_REQUEST' }],
    ['[1]', 400, { code: 'BAD_REQUEST' }],
    ['{', 400, { code: 'BAD_REQUEST' }],
    [JSON.stringify({ to: 'a', text: 'x'.repeat(70_000) }), 400, { code: 'BAD_REQUEST' }],
  ])('POST /api/messages %.30s → %i', async (body, status, answer) => {
    const response = await fetch(http('/api/messages'), { method: 'POST', body });
    expect(response.status).toBe(status);
    const got = (await response.json()) as Record<string, unknown>;
    for (const [key, value] of Object.entries(answer)) {
      if (value instanceof RegExp) expect(got[key]).toMatch(value);
      else expect(got[key]).toBe(value);
    }
    expect(sent.at(0)).toEqual(
      status === 200 ? ['agent001', 'Grüße'] : status === 404 ? ['gone', 'x'] : undefined,
    );
  });

  it.each([
    ['dtmf', { digits: '12#' }, 200, ['dtmf', 'a b', '12#']],
    ['hold', { on: true }, 200, ['hold', 'a b', true]],
    ['hold', { on: 'yes' }, 400, undefined],
    ['transfer', { to: '1002' }, 200, ['transfer', 'a b', '1002']],
    ['transfer', { to: 'no' }, 502, ['transfer', 'a b', 'no']],
    ['transfer', {}, 400, undefined],
    [
      'dtmf/heard',
      { digit: '5', durationMs: 90, from: 'phone' },
      200,
      ['heard', 'a b', { digit: '5', durationMs: 90 }, 'phone'],
    ],
    ['dtmf/heard', { digit: '55', durationMs: 90 }, 400, undefined],
    ['dtmf/heard', { digit: '5' }, 400, undefined],
  ])('POST /api/calls/{id}/%s %j → %i', async (what, body, status, action) => {
    const response = await fetch(http(`/api/calls/a%20b/${what}`), {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
    expect(actions[0]).toEqual(action);
  });

  it('GET /api/messages → 405', async () => {
    expect((await fetch(http('/api/messages'))).status).toBe(405);
  });

  it('says which port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const second = new Origin({ ...options(), port });
    await expect(second.listen()).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`HTTP port ${port} on 127.0.0.1 is taken`) as string,
    });
    taken.close();
  });

  it.each(['//', 'http://[/', '/\\[', 'http://'])('GET %s → 400, and it lives', async (path) => {
    const ask = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest({ host: '127.0.0.1', port: origin.port, path, headers });
        request.on('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject).end();
      });
    expect(await ask({})).toBe(400);
    expect(await ask({ Connection: 'Upgrade', Upgrade: 'websocket' })).toBe(400);
    expect((await fetch(http('/healthz'))).status).toBe(200);
  });

  it('answers no foreign host name and no foreign origin', async () => {
    const socket = open('/sip', ['sip'], { Origin: 'https://evil.example' });
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    expect(response.statusCode).toBe(403);
  });
});

describe('/api/calls/{id}', () => {
  const at = (callId: string, what: string) =>
    http(`/api/calls/${encodeURIComponent(callId)}/${what}`);
  const post = (url: string, body: unknown) =>
    fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const figures: CallFigures = {
    counters: { ...NO_COUNTERS, packets: 50 },
    hops: NO_HOPS,
    turns: [
      { id: 1, agentStartedMs: 10 },
      { id: 2, callerStartedMs: 900 },
    ],
    answers: [{ id: 1, receivedMs: 5, startedMs: 10, sentMs: 400, heardMs: 300, cutMs: 100 }],
  };

  it('takes the figures of a live call and gives them back', async () => {
    expect((await post(at(LIVE, 'figures'), figures)).status).toBe(204);
    const response = await fetch(at(LIVE, 'figures'));
    expect(await response.json()).toEqual(figures);
    expect(turns).toEqual([1]);
    const answered = { ...figures.turns[1], id: 2, agentStartedMs: 1500, latencyMs: 300 };
    await post(at(LIVE, 'figures'), { ...figures, turns: [figures.turns[0], answered] });
    expect(turns).toEqual([1, 2]);
  });

  it.each([
    ['of a call that is not up', 'other', figures, 404, 'NO_CALL'],
    ['that are no JSON', LIVE, '{', 400, 'BAD_REQUEST'],
    ['that are none', LIVE, {}, 400, 'BAD_REQUEST'],
    [
      'with a histogram of another shape',
      LIVE,
      { ...figures, hops: { ...figures.hops, turn: { ...NO_TIMES, counts: [1] } } },
      400,
      'BAD_REQUEST',
    ],
    [
      'with counters beyond number',
      LIVE,
      {
        ...figures,
        counters: Object.fromEntries(
          Array.from({ length: 65 }, (_, n) => ['x'.repeat((n % 40) + 1) + (n < 40 ? '' : 'y'), 1]),
        ),
      },
      400,
      'BAD_REQUEST',
    ],
    ['of more than 64 kB', LIVE, ' '.repeat(70_000), 400, 'BAD_REQUEST'],
  ])('refuses figures %s', async (_what, callId, body, status, code) => {
    const response = await post(at(callId, 'figures'), body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
    expect((await fetch(at(callId, 'figures'))).status).toBe(404);
  });

  it('passes an interruption on to the page of a live call', async () => {
    const response = await post(at(LIVE, 'interrupt'), '');
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ callId: LIVE });
    expect(interrupted).toEqual([LIVE]);
    expect((await post(at('other', 'interrupt'), '')).status).toBe(404);
    expect((await fetch(at(LIVE, 'interrupt'))).status).toBe(405);
  });
});

describe('/sip', () => {
  it('passes messages both ways as text and reports the flow when it ends', async () => {
    const page = open('/sip', ['sip']);
    const [upstream, request] = (await once(sipServer, 'connection')) as [
      WebSocket,
      { headers: Record<string, string>; socket: { remotePort: number } },
    ];
    expect(request.headers['sec-websocket-protocol']).toBe('sip');
    if (page.readyState !== WebSocket.OPEN) await once(page, 'open');
    expect(page.protocol).toBe('sip');

    page.send('OPTIONS sip:ü@x SIP/2.0\r\n\r\n');
    const [up, upBinary] = (await once(upstream, 'message')) as [Buffer, boolean];
    expect([up.toString(), upBinary]).toEqual(['OPTIONS sip:ü@x SIP/2.0\r\n\r\n', false]);
    upstream.send('SIP/2.0 200 OK\r\n\r\n');
    const [down, downBinary] = (await once(page, 'message')) as [Buffer, boolean];
    expect([down.toString(), downBinary]).toEqual(['SIP/2.0 200 OK\r\n\r\n', false]);

    const source = `127.0.0.1:${request.socket.remotePort}`;
    page.close();
    await once(upstream, 'close');
    await expect.poll(() => flows).toEqual([source]);
  });

  it('keeps what the page says before the SIP server is connected', async () => {
    const page = open('/sip', ['sip']);
    const received = new Promise((resolve) => {
      sipServer.once('connection', (upstream) => {
        upstream.once('message', (data) => resolve((data as Buffer).toString()));
      });
    });
    page.once('open', () => page.send('first'));
    expect(await received).toBe('first');
    page.close();
  });

  it('closes the page when the SIP server goes', async () => {
    const page = open('/sip', ['sip']);
    const [upstream] = (await once(sipServer, 'connection')) as [WebSocket];
    upstream.close();
    expect(await closing(page)).toEqual({
      code: 1011,
      reason: 'The SIP server closed the connection',
    });
  });
});

describe('/ws/voice', () => {
  it('passes the id, the query, and every frame as it is', async () => {
    const page = open(`/ws/voice/${encodeURIComponent('a b@1.2.3.4/c')}`);
    const session = await agent.session();
    if (page.readyState !== WebSocket.OPEN) await once(page, 'open');
    expect(session.id).toBe('a b@1.2.3.4/c');
    expect(session.query.get('tenant_id')).toBe('t');

    const frames = [Buffer.alloc(640, 1), Buffer.from([1, 2, 3]), Buffer.alloc(0)];
    const down: [Buffer, boolean][] = [];
    page.on('message', (data, binary) => down.push([data as Buffer, binary]));
    for (const frame of frames) page.send(frame);
    await expect.poll(() => session.frames).toEqual(frames);
    session.send(Buffer.from([9, 8, 7]));
    session.send('{"type":"barge_in"}');
    await expect
      .poll(() => down)
      .toEqual([
        [Buffer.from([9, 8, 7]), true],
        [Buffer.from('{"type":"barge_in"}'), false],
      ]);
    expect(outcomes).toEqual([undefined]);
    page.close();
    expect(await session.closed).toBe(1000);
  });

  it("passes the agent's close code and reason on", async () => {
    const page = open('/ws/voice/x');
    (await agent.session()).close(4000, 'Missing tenant_id');
    expect(await closing(page)).toEqual({ code: 4000, reason: 'Missing tenant_id' });
  });

  it('says that the agent cannot be reached, in a reason that fits', async () => {
    agentUrl = 'ws://127.0.0.1:9';
    const { code, reason } = await closing(open('/ws/voice/x'));
    expect(code).toBe(CLOSE_AGENT_UNREACHABLE);
    expect(reason).toMatch(/^AGENT_UNREACHABLE: .*ECONNREFUSED/);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(outcomes).toEqual(['AGENT_UNREACHABLE']);
  });

  it('says with which HTTP status the agent refused', async () => {
    const web = createHttpServer().on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    agentUrl = `ws://127.0.0.1:${(web.address() as AddressInfo).port}`;
    expect(await closing(open('/ws/voice/x'))).toEqual({
      code: CLOSE_AGENT_REFUSED,
      reason: 'AGENT_REFUSED: HTTP 401 Unauthorized',
    });
    expect(outcomes).toEqual(['AGENT_REFUSED']);
    web.close();
  });

  it('refuses a call id that is not URI-encoded', async () => {
    const socket = open('/ws/voice/%E0%A4%A');
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    expect(response.statusCode).toBe(400);
  });
});
