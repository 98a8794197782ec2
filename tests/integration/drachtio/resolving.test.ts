/** RFC 3263 and RFC 3261 §18.1.1: where requests go by name, and by size. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import type { Resolver } from '../../../signaling/sip/resolver.ts';
import {
  disconnect,
  embeddedOnly,
  testDrachtio,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { udpPeer } from './peer.ts';
import { StreamFramer } from '../../../signaling/sip/stream-framer.ts';
import { parseMessage, type SipMessage } from '../../../signaling/sip/message.ts';

let drachtio: TestDrachtio;
afterEach(() => drachtio.close());

const WHY = 'an external server asks the DNS of its machine';

it('§4.2 SRV names port and order; §4.3 a place that fails gives way to the next', async (context) => {
  embeddedOnly(context, WHY);
  const asked: string[] = [];
  let port = 0;
  const resolver: Resolver = {
    srv: (name) => {
      asked.push(name);
      return Promise.resolve([
        { name: 'a.example.org', port: 1, priority: 1, weight: 0 },
        { name: 'b.example.org', port, priority: 2, weight: 0 },
      ]);
    },
    addresses: () => Promise.resolve(['127.0.0.1']),
  };
  drachtio = await testDrachtio({ resolver });
  const callee = createServer();
  callee.listen(0, '127.0.0.1');
  await once(callee, 'listening');
  ({ port } = callee.address() as AddressInfo);
  const connected = once(callee, 'connection');
  const srf = await drachtio.app();
  const request = await srf.request('sip:bob@example.org;transport=tcp', { method: 'OPTIONS' });
  const [socket] = (await connected) as [Socket];
  const [data] = (await once(socket, 'data')) as [Buffer];
  const message = parseMessage(data);
  expect(asked).toEqual(['_sip._tcp.example.org']);
  expect(message.startLine).toBe('OPTIONS sip:bob@example.org;transport=tcp SIP/2.0');
  expect(message.callId).toBe(request.get('Call-ID'));
  expect(message.headers.list('via')).toHaveLength(1);
  socket.destroy();
  callee.close();
  disconnect(srf);
});

it('a name that does not resolve: 503 for the application', async (context) => {
  embeddedOnly(context, WHY);
  drachtio = await testDrachtio({
    resolver: {
      srv: () => Promise.resolve([]),
      addresses: () => Promise.reject(new Error('ENOTFOUND')),
    },
  });
  const srf = await drachtio.app();
  const request = await srf.request('sip:bob@nowhere.example', { method: 'OPTIONS' });
  const [response] = (await once(request, 'response')) as [{ status: number }];
  expect(response.status).toBe(503);
  disconnect(srf);
});

const LARGE = {
  method: 'MESSAGE',
  headers: { 'Content-Type': 'text/plain' },
  body: 'x'.repeat(2000),
};

it('§18.1.1 a request over the MTU goes over TCP', async (context) => {
  embeddedOnly(context, 'the MTU is a setting of the C++ server');
  drachtio = await testDrachtio({ udpMtu: 1300 });
  const callee = createServer();
  callee.listen(0, '127.0.0.1');
  await once(callee, 'listening');
  const { port } = callee.address() as AddressInfo;
  const connected = once(callee, 'connection');
  const srf = await drachtio.app();
  await srf.request(`sip:bob@127.0.0.1:${port}`, LARGE);
  const [socket] = (await connected) as [Socket];
  const framer = new StreamFramer(1e6);
  const message = await new Promise<SipMessage>((resolve) => {
    socket.on('data', (data) => {
      for (const item of framer.push(data)) if (item !== 'ping') resolve(parseMessage(item));
    });
  });
  expect(message.via?.transport).toBe('TCP');
  expect(message.body).toHaveLength(2000);
  socket.destroy();
  callee.close();
  disconnect(srf);
});

it('§18.1.1 and over UDP after all when nobody takes TCP there', async (context) => {
  embeddedOnly(context, 'the MTU is a setting of the C++ server');
  drachtio = await testDrachtio({ udpMtu: 1300 });
  const callee = await udpPeer(drachtio.sip('udp'));
  const srf = await drachtio.app();
  const request = await srf.request(`sip:bob@127.0.0.1:${callee.local.port}`, LARGE);
  const message = await callee.request('MESSAGE');
  expect(message.via?.transport).toBe('UDP');
  expect(message.headers.list('via')).toHaveLength(1);
  const answered = once(request, 'response');
  callee.answer(message, 200);
  expect(((await answered) as [{ status: number }])[0].status).toBe(200);
  await callee.close();
  disconnect(srf);
});

it('left alone, UDP takes what a datagram holds', async () => {
  drachtio = await testDrachtio();
  const callee = await udpPeer(drachtio.sip('udp'));
  const srf = await drachtio.app();
  await srf.request(`sip:bob@127.0.0.1:${callee.local.port}`, { ...LARGE, body: 'x'.repeat(8000) });
  const message = await callee.request('MESSAGE');
  expect(message.body).toHaveLength(8000);
  callee.answer(message, 200);
  await callee.close();
  disconnect(srf);
});
