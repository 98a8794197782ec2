/** Which transports phones may come by: sip.server.transport, and sip.server.tls without a network. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silent } from '../../../common/log.ts';
import { startBridge } from '../../../server/bridge.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { optionsOf } from '../../../server/options.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { text, tlsPeer } from '../drachtio/peer.ts';

it('TCP and TLS alone: phones are told so, and register', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'transports-'));
  const config = configSchema.parse({
    http: { port: 0, folder },
    sip: {
      server: { port: 0, transport: 'tcp', tls: { enabled: true, port: 0 } },
      registrar: { file: 'none' },
      rtp: { port_range_start: 31_700, port_range_end: 31_719 },
    },
  });
  const bridge = await startBridge(optionsOf(config), silent);
  const { phone } = bridge;
  expect([phone.transports, phone.needsPassword]).toEqual([['tcp'], false]);
  const { hostname, port } = new URL(`sip://${phone.server}`);
  const server = { host: hostname, port: Number(port) };
  const softphone = await Softphone.create({ server, transport: 'tcp', user: 'anna' });
  await softphone.register();

  const tls = Number(new URL(`sip://${phone.tlsServer ?? ''}`).port);
  const ca = await readFile(join(folder, 'certificate.pem'), 'utf8');
  const peer = await tlsPeer({ address: '127.0.0.1', port: tls }, ca);
  peer.send(
    text(peer, 'REGISTER', {
      via: 'SIP/2.0/TLS 127.0.0.1:5061',
      uri: 'sip:127.0.0.1',
      to: '<sip:alice@127.0.0.1>',
      headers: ['Contact: <sip:alice@127.0.0.1:5061;transport=tls>', 'Expires: 60'],
    }),
  );
  await peer.response(200);
  expect(bridge.status().registrations.map(({ contact }) => contact)).toEqual([
    expect.stringMatching(/transport=TCP/),
    'sip:alice@127.0.0.1:5061;transport=tls',
  ]);

  await peer.close();
  await softphone.close();
  await bridge.close();
  await rm(folder, { recursive: true });
});
