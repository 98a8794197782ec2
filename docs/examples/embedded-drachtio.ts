// The example of docs/reference/embedded-drachtio.md; here so that the compiler reads it, too.
import { startDrachtio } from '../../signaling/drachtio/server.ts';
import Srf from 'drachtio-srf';

const server = await startDrachtio({
  admin: { host: '127.0.0.1', port: 9022, secret: 'cymru' },
  transports: [
    { protocol: 'udp', host: '0.0.0.0', port: 5060 },
    { protocol: 'tcp', host: '0.0.0.0', port: 5060 },
    { protocol: 'ws', host: '127.0.0.1', port: 8088 },
  ],
});

const srf = new Srf();
await srf.connect({ host: '127.0.0.1', port: server.adminPort, secret: 'cymru' });
srf.invite((_req, res) => res.send(486));
