/** A bridge with a call between two phones answers what its OpenAPI document says, on every route. */
import { expect, it } from 'vitest';
import type { CallStatus } from '../../../common/api.ts';
import { NO_COUNTERS, type CallFigures } from '../../../common/figures.ts';
import { silent } from '../../../common/log.ts';
import { startBridge } from '../../../server/bridge.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { openApi } from '../../../server/http/openapi/document.ts';
import { optionsOf } from '../../../server/options.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { DescribedApi, DescribedEvents } from '../../support/described.ts';
import { NO_HOPS } from '../../support/figures.ts';

const FIGURES: CallFigures = {
  counters: NO_COUNTERS,
  hops: NO_HOPS,
  turns: [{ id: 1, agentStartedMs: 20, claims: { llmMs: 300 } }],
  answers: [{ id: 1, receivedMs: 10, sentMs: 500, heardMs: 400, cutMs: 100 }],
};

it('answers as described, on every route that is described', async () => {
  const options = optionsOf(
    configSchema.parse({
      http: { port: 0 },
      sip: {
        server: { port: 0 },
        registrar: { file: 'none' },
        rtp: { port_range_start: 32_100, port_range_end: 32_199 },
      },
      extensions: { '1001': { phone: 'anna' }, '1002': {} },
    }),
  );
  const bridge = await startBridge(options, silent);
  const { hostname, port } = new URL(`sip://${bridge.phone.server}`);
  const server = { host: hostname, port: Number(port) };
  const anna = await Softphone.create({
    server,
    user: 'anna',
    onCall: (call) => void call.answer(),
  });
  const caller = await Softphone.create({ server, user: 'agent001' });
  const api = new DescribedApi(bridge.url);
  const events = new DescribedEvents(bridge.url);
  try {
    await anna.register();
    const call = await caller.call({ to: '1001' });
    await call.answered;
    const id = call.callId;

    expect((await api.ask('GET /api/openapi.json'))[1]).toEqual(openApi());
    expect((await api.ask('GET /api/status'))[1]).toMatchObject({ calls: [{ callId: id }] });
    expect((await api.ask('GET /api/config'))[0]).toBe(200);
    expect((await api.ask('GET /api/doctor'))[1]).toHaveProperty('findings.0');
    expect(await api.ask('GET /healthz')).toEqual([200, 'ok\n']);
    expect((await api.ask('GET /readyz'))[1]).toMatchObject({ ready: true, pages: 0 });
    expect((await api.ask('GET /metrics'))[1]).toContain('bridge_calls{state="answered"} 1');

    expect((await api.ask('GET /api/calls'))[1]).toMatchObject([{ callId: id }]);
    expect((await api.ask('GET /api/calls/{id}', { id }))[1]).toMatchObject({ state: 'answered' });
    expect((await api.ask('GET /api/calls/{id}', { id: 'no such call' }))[0]).toBe(404);

    // No page is open.
    expect((await api.ask('POST /api/calls', { body: { to: 'anna' } }))[0]).toBe(409);
    await api.ask('POST /api/calls', { body: { to: 'anna', extension: 'none' } });
    await api.ask('POST /api/calls', { body: { to: 'sip:x@192.0.2.1' }, query: '?wait' });
    expect((await api.ask('POST /api/calls', { body: { to: 7 } }))[0]).toBe(400);

    for (const on of [true, false]) {
      const [status, body] = await api.ask('POST /api/calls/{id}/hold', { id, body: { on } });
      expect([200, 502], JSON.stringify(body)).toContain(status);
    }
    expect((await api.ask('POST /api/calls/{id}/hold', { id, body: { on: 'yes' } }))[0]).toBe(400);
    const heard = { digit: '5', durationMs: 100, from: 'phone' };
    await api.ask('POST /api/calls/{id}/dtmf', { id, body: { digits: '5' } });
    expect((await api.ask('POST /api/calls/{id}/dtmf/heard', { id, body: heard }))[0]).toBe(200);
    await api.ask('POST /api/calls/{id}/transfer', { id: 'none', body: { to: '1002' } });
    expect((await api.ask('POST /api/calls/{id}/interrupt', { id: 'none' }))[0]).toBe(404);
    const hello = { to: 'nobody', text: 'Hello' };
    expect((await api.ask('POST /api/messages', { body: hello }))[0]).toBe(404);

    expect((await api.ask('GET /api/calls/{id}/trace', { id }))[0]).toBe(200);
    for (const format of ['text', 'pcap']) {
      expect(
        (await api.ask('GET /api/calls/{id}/trace', { id, query: `?format=${format}` }))[0],
      ).toBe(200);
    }
    expect((await api.ask('GET /api/calls/{id}/trace', { id: 'none' }))[0]).toBe(404);
    const connection = {
      ice: 'connected',
      dtls: 'connected',
      received: 1,
      sent: 1,
      roundTripMs: 1,
    };
    await api.ask('POST /api/calls/{id}/media', { id, body: connection });
    expect((await api.ask('POST /api/calls/{id}/media', { id, body: { ice: 1 } }))[0]).toBe(400);
    await api.ask('GET /api/calls/{id}/media', { id });
    expect((await api.ask('GET /api/calls/{id}/figures', { id }))[0]).toBe(404);
    expect((await api.ask('POST /api/calls/{id}/figures', { id, body: FIGURES }))[0]).toBe(204);
    expect((await api.ask('GET /api/calls/{id}/figures', { id }))[1]).toEqual(FIGURES);

    const remark = { code: 'AGENT_SILENCE', sentence: 'It says nothing.' };
    expect((await api.ask('POST /api/agent/{id}', { id, body: remark }))[0]).toBe(204);
    expect((await api.ask('GET /api/agent/{id}', { id }))[0]).toBe(404);

    const [status, ended] = await api.ask('DELETE /api/calls/{id}', { id });
    expect([status, (ended as CallStatus).outcome]).toEqual([200, 'completed']);
    const [, calls] = await api.ask('GET /api/calls', { query: '?ended' });
    expect(calls).toMatchObject([{ callId: id, state: 'ended' }]);

    // The stream itself is read below, and never ends by itself.
    expect(api.left).toEqual(['GET /api/events']);
    await expect.poll(() => events.seen.get('call') ?? 0).toBeGreaterThan(1);
  } finally {
    await caller.close();
    await anna.close();
    await bridge.close();
  }
  await events.done;
  expect([...events.seen.keys()].toSorted()).toEqual(
    expect.arrayContaining(['agent', 'call', 'dtmf', 'sip', 'status', 'turn']),
  );
}, 120_000);
