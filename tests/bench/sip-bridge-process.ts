/**
 * The signaling side of the bridge alone in its process: embedded drachtio with its trace, registrar
 * and calls, and the embedded media engine, wired as the bridge wires them, without HTTP and page.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silent } from '../../common/log.ts';
import { startRtpengine } from '../../rtpengine/embedded/server.ts';
import { MediaLink } from '../../server/media-link.ts';
import { Signaling } from '../../signaling/application.ts';
import { startDrachtio } from '../../signaling/drachtio/server.ts';
import { TraceRing } from '../../signaling/trace/ring.ts';
import { PAGE } from './scripted-page.ts';

const host = '127.0.0.1';
const trace = new TraceRing();
const engine = await startRtpengine({
  ng: { host, port: 0 },
  rtp: { host, portMin: 40_000, portMax: 49_999 },
  log: silent,
});
const admin = { host, port: 0, secret: 'bench' };
const drachtio = await startDrachtio({
  admin,
  transports: [
    { protocol: 'udp', host, port: 0 },
    { protocol: 'ws', host, port: 0 },
  ],
  // Every finished transaction is remembered for 32 s; a bench ends more than a server does.
  limits: { transactions: 1_000_000 },
  onMessage: (message) => trace.add(message),
});
const media = new MediaLink({
  kind: 'embedded',
  addresses: [{ host, port: engine.ngPort }],
  log: silent,
  changed: () => undefined,
});
const signaling = new Signaling({
  drachtio: { ...admin, port: drachtio.adminPort },
  media: media.media,
  pages: PAGE,
  maxCallsPerPage: 1000,
  pageUrl: () => '',
  log: silent,
  changed: () => undefined,
  legTried: (callId, sipCallId, kind) => trace.tie(callId, sipCallId, kind),
  tell: () => undefined,
});
await Promise.all([media.connect(), signaling.connect()]);

async function close(): Promise<void> {
  await signaling.close();
  await media.close();
  await drachtio.close();
  await engine.close();
  process.exit(0);
}
process.once('disconnect', () => void close());
// Resident memory says what was needed at the highest; what is still held shows after a collection.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('message', () => {
  collect();
  process.send?.(process.memoryUsage().heapUsed / 1024 / 1024);
});
const portOf = (protocol: string): number =>
  drachtio.transports.find((transport) => transport.protocol === protocol)?.port ?? 0;
process.send?.({ port: portOf('udp'), ws: portOf('ws') });
