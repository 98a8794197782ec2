/** Damaged messages of MicroSIP at a running server with an application: it goes on as if nothing was. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { testDrachtio, embeddedOnly, QUICK } from '../../support/drachtio.ts';
import { mutated } from '../../support/mutations.ts';
import { SDP, tcpPeer, text, udpPeer, unique, wsPeer } from './peer.ts';

const FIXTURES = new URL('fixtures/', import.meta.url);
const messages = readdirSync(FIXTURES)
  .filter((name) => name.startsWith('microsip-'))
  .map((name) =>
    Buffer.from(readFileSync(new URL(name, FIXTURES), 'utf8').replace(/\r?\n/g, '\r\n')),
  );

it('RFC 4475: damaged messages over UDP, TCP and WebSocket: it still serves, and forgets them all', async (context) => {
  embeddedOnly(context, 'it is the embedded server’s parser that is tried here');
  const drachtio = await testDrachtio({ timers: QUICK });
  await drachtio.app((app) => {
    app.register((_req, res) => res.send(200, { headers: { Contact: '<sip:x@y>;expires=60' } }));
    app.options((_req, res) => res.send(200));
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: SDP }).catch(() => undefined);
    });
  });
  const udp = await udpPeer(drachtio.sip('udp'));
  const drawn = fc.sample(mutated(messages), { numRuns: 1500, seed: 4475 });
  for (const [index, data] of drawn.entries()) {
    udp.sendRaw(data);
    // No more at once than a socket's buffer takes.
    if (index % 100 === 99) {
      udp.send(text(udp, 'OPTIONS'));
      await udp.response(200, 'OPTIONS');
    }
  }
  for (const data of drawn.slice(0, 150)) {
    const tcp = await tcpPeer(drachtio.sip('tcp'));
    tcp.sendRaw(data);
    await tcp.close();
  }
  const ws = await wsPeer(drachtio.sip('ws'));
  for (const data of drawn.slice(0, 300)) ws.sendRaw(data.toString());
  const callId = unique('alive');
  ws.send(text(ws, 'OPTIONS', { via: 'SIP/2.0/WS x.invalid', callId }));
  await ws.next((message) => message.kind === 'response' && message.callId === callId);
  await Promise.all([udp.close(), ws.close()]);
  const { server } = drachtio;
  expect(server?.counters.malformed).toBeGreaterThan(100);
  // With the quick timers everything that was begun is over within two seconds.
  await expect.poll(() => server?.counters).toMatchObject({ transactions: 0, dialogs: 0 });
  await drachtio.close();
});
