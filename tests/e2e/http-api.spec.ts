/** With a page in a call, the HTTP API answers what its OpenAPI document says: figures, turns, media. */
import { DescribedApi, DescribedEvents } from '../support/described.ts';
import { blocksOf, read } from '../support/docs.ts';
import { bytesOf, sweep } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';

test.skip(({ engine }) => engine !== 'embedded', 'the API does not depend on the engine');

test('a call with a page is told of as described', async ({ agent, bridge, openPage, phone }) => {
  const events = new DescribedEvents(bridge.url);
  const api = new DescribedApi(bridge.url);
  const page = await openPage();
  const speech = sweep({ sampleRate: 8000, seconds: 1, fromHz: 300, toHz: 900, amplitude: 0.4 });
  const call = await phone.call({ to: '1000', play: speech });
  await call.answered;
  const id = call.callId;
  const session = await agent.session();
  await expect.poll(() => session.frames.length).toBeGreaterThan(75);
  session.send(JSON.stringify({ type: 'transcript', text: 'Hello', is_final: true }));
  session.send(
    bytesOf(sweep({ sampleRate: 16_000, seconds: 1, fromHz: 300, toHz: 900, amplitude: 0.4 })),
  );

  // The page sends what it has measured of the answer, and how its connection does.
  await expect.poll(() => events.seen.get('turn') ?? 0).toBeGreaterThan(0);
  await expect.poll(() => events.seen.get('media') ?? 0).toBeGreaterThan(0);
  expect((await api.ask('GET /api/calls/{id}/figures', { id }))[1]).toHaveProperty('turns.0');
  expect((await api.ask('GET /api/calls/{id}/media', { id }))[1]).toMatchObject({
    state: 'flowing',
  });
  expect((await api.ask('GET /api/calls/{id}', { id }))[1]).toHaveProperty('figures');
  expect((await api.ask('GET /api/status'))[1]).toMatchObject({ calls: [{ callId: id }] });
  expect((await api.ask('GET /api/config'))[0]).toBe(200);
  expect((await api.ask('GET /api/calls/{id}/trace', { id }))[0]).toBe(200);
  expect((await api.ask('POST /api/calls/{id}/interrupt', { id }))[0]).toBe(202);
  expect((await api.ask('POST /api/calls/{id}/dtmf', { id, body: { digits: '5' } }))[0]).toBe(200);
  expect((await api.ask('POST /api/calls/{id}/hold', { id, body: { on: true } }))[0]).toBe(200);
  for (const guide of ['guides/debugging.md', 'reference/events.md']) {
    for (const code of blocksOf(read('docs', guide), 'js')) await page.evaluate(code);
  }
  const message = { to: 'agent001', text: 'Hello' };
  await api.ask('POST /api/messages', { body: message });
  expect((await api.ask('DELETE /api/calls/{id}', { id }))[0]).toBe(200);
  await call.ended;
  await expect.poll(() => events.seen.get('call') ?? 0).toBeGreaterThan(2);
  await events.close();
  expect([...events.seen.keys()]).toEqual(
    expect.arrayContaining(['agent', 'call', 'interrupt', 'media', 'sip', 'status', 'turn']),
  );
});
