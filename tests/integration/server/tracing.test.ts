/** A call's trace as a collector gets it, and the agent sees it: real OTLP over HTTP, real WebSockets. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { BridgeEvent } from '../../../common/events.ts';
import { VoiceSocket } from '../../../server/http/voice-socket.ts';
import { CallTraces } from '../../../server/tracing/call-traces.ts';
import { openSpans } from '../../../server/tracing/spans.ts';
import { parseTraceparent } from '../../../server/tracing/trace-context.ts';
import { TestAgent } from '../../support/test-agent.ts';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: object }[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const before = process.env[ENDPOINT];
let collector: Server;
let received: { path: string; type: string; body: OtlpRequest }[];
let lines: unknown[][];

beforeEach(async () => {
  received = [];
  lines = [];
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        type: request.headers['content-type'] ?? '',
        body: JSON.parse(Buffer.concat(chunks).toString()) as OtlpRequest,
      });
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  process.env[ENDPOINT] = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});
afterEach(async () => {
  if (before === undefined) Reflect.deleteProperty(process.env, ENDPOINT);
  else process.env[ENDPOINT] = before;
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});

const T0 = Date.parse('2026-01-01T00:00:00.000Z');
const at = (ms: number) => new Date(T0 + ms).toISOString();
const nano = (ms: number) => `${T0 + ms}000000`;

it('a call, its connection to the agent and its turns are spans of the trace the agent is told', async () => {
  const spans = await openSpans(process.env, (...line) => lines.push(line));
  expect(lines.map(([level, text]) => `${String(level)} ${String(text)}`)).toEqual([
    expect.stringMatching(/^info spans of calls go to 127\.0\.0\.1:\d+$/),
  ]);
  const agent = await TestAgent.start();
  const traces = new CallTraces({ spans, headersFor: () => ({ 'x-tenant': '7' }) });
  const told: BridgeEvent[] = [];
  const voice = new VoiceSocket({
    target: (id) => ({ url: `${agent.url}/${id}`, headers: traces.headersFor(id), pingMs: 0 }),
    log: () => undefined,
    outcome: () => undefined,
    tell: (event) => {
      told.push(event);
      traces.note(event);
    },
  });
  const pages = createServer();
  pages.on('upgrade', (request, socket, head) => voice.upgrade('c1', request, socket, head));
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');

  const call = {
    callId: 'c1',
    direction: 'inbound',
    extension: '1001',
    caller: 'sip:anna@127.0.0.1',
    dialled: '1001',
    heldBy: [],
    startedAt: at(0),
  } as const;
  const about = { type: 'call', at: at(0), callId: 'c1' } as const;
  traces.note({ ...about, call: { ...call, state: 'ringing' } });
  const page = new WebSocket(`ws://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
  const session = await agent.session();
  await expect.poll(() => told.length).toBe(1);
  traces.note({ ...about, call: { ...call, state: 'answered', answeredAt: at(100) } });
  const turn = {
    id: 1,
    callerStartedMs: 0,
    callerEndedMs: 900,
    agentStartedMs: 1350,
    latencyMs: 450,
  };
  traces.note({ type: 'turn', at: at(1450), callId: 'c1', turn });
  const media = { type: 'media', at: at(2000), callId: 'c1', sentence: '' } as const;
  traces.note({ ...media, state: 'silent', code: 'MEDIA_SILENT' });
  traces.note({
    ...about,
    call: { ...call, state: 'ended', endedAt: at(3000), outcome: 'completed', reason: 'BYE' },
  });
  await traces.close();

  const [request] = received;
  expect([received.length, request?.path, request?.type]).toEqual([
    1,
    '/v1/traces',
    'application/json',
  ]);
  const [resource] = request?.body.resourceSpans ?? [];
  expect(resource?.resource.attributes).toContainEqual({
    key: 'service.name',
    value: { stringValue: 'sip-agent-bridge' },
  });
  const found = resource?.scopeSpans.flatMap((scope) => scope.spans) ?? [];
  const named = (name: string) => found.find((span) => span.name === name);
  expect(found.map(({ name }) => name).sort()).toEqual(['agent.connect', 'call', 'turn']);
  const whole = named('call');
  expect(whole).toMatchObject({ startTimeUnixNano: nano(0), endTimeUnixNano: nano(3000) });
  expect(whole?.parentSpanId ?? '').toBe('');
  expect(whole?.attributes).toContainEqual({ key: 'sip.call_id', value: { stringValue: 'c1' } });
  expect(whole?.attributes).toContainEqual({
    key: 'bridge.call.outcome',
    value: { stringValue: 'completed' },
  });
  expect(whole?.events.map(({ name }) => name)).toEqual(['answered', 'media']);
  expect(named('turn')).toMatchObject({
    traceId: whole?.traceId,
    parentSpanId: whole?.spanId,
    startTimeUnixNano: nano(1000),
    endTimeUnixNano: nano(1450),
  });
  expect(named('agent.connect')).toMatchObject({
    traceId: whole?.traceId,
    parentSpanId: whole?.spanId,
  });
  // What the agent was told: its own spans become children of the call.
  expect(session.headers['x-tenant']).toBe('7');
  expect(parseTraceparent(String(session.headers['traceparent']))).toEqual({
    traceId: whole?.traceId,
    spanId: whole?.spanId,
  });

  page.terminate();
  await voice.close();
  pages.closeAllConnections();
  await new Promise((resolve) => pages.close(resolve));
  await agent.close();
});

it('a configured traceparent is the parent, and a failed call an error', async () => {
  const spans = await openSpans(process.env, () => undefined);
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const traces = new CallTraces({ spans, headersFor: () => ({ traceparent }) });
  const call = { callId: 'c2', startedAt: at(0), direction: 'inbound', extension: 'default' };
  const event = (more: object) =>
    ({
      type: 'call',
      at: at(0),
      callId: 'c2',
      call: { ...call, ...more },
    }) as unknown as BridgeEvent;
  traces.note(event({ state: 'ringing' }));
  const failed = { type: 'agent', at: at(50), callId: 'c2', what: 'failed' } as const;
  traces.note({ ...failed, sentence: 'Refused.', code: 'AGENT_REFUSED' });
  traces.note(event({ state: 'ended', outcome: 'failed', status: 503, reason: 'No agent' }));
  await traces.close();
  const found = received.flatMap(({ body }) =>
    body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  expect(found.map(({ name, status }) => [name, status])).toEqual([
    ['agent.connect', { code: 2, message: 'Refused.' }],
    ['call', { code: 2, message: 'No agent' }],
  ]);
  expect(found[1]).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
});

it('nothing is loaded or said while no collector is named, or it is switched off', async () => {
  expect(await openSpans({}, (...line) => lines.push(line))).toBeUndefined();
  const off = { [ENDPOINT]: process.env[ENDPOINT], OTEL_SDK_DISABLED: 'true' };
  expect(await openSpans(off, (...line) => lines.push(line))).toBeUndefined();
  expect(lines).toEqual([]);
});

it('an endpoint that is no address costs the spans, not the bridge', async () => {
  const spans = await openSpans({ [ENDPOINT]: 'nonsense' }, (...line) => lines.push(line));
  expect(spans).toBeUndefined();
  expect(lines).toEqual([
    ['warn', expect.stringContaining('No spans are sent'), { code: 'BAD_CONFIG' }],
  ]);
});
