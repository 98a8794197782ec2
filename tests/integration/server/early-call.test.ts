/** A call that comes while the bridge is still starting, here because an engine does not answer. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { Log } from '../../../common/log.ts';
import { startBridge } from '../../../server/bridge.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { optionsOf } from '../../../server/options.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { freePort } from '../../support/free-port.ts';

it('is refused as later ones are: no page is open, and this is its address', async () => {
  const engine = createSocket('udp4').bind(0, '127.0.0.1');
  await once(engine, 'listening');
  const [httpPort, sipPort] = [await freePort(), await freePort()];
  const config = configSchema.parse({
    http: { port: httpPort },
    sip: { server: { port: sipPort }, registrar: { file: 'none' } },
    rtpengine: { host: '127.0.0.1', port: engine.address().port },
  });
  let serve: () => void = () => undefined;
  const served = new Promise<void>((resolve) => (serve = resolve));
  const log: Log = (_level, message) => {
    if (message === 'An application connected.') serve();
  };
  const starting = startBridge(optionsOf(config), log);
  await served;
  const server = { host: '127.0.0.1', port: sipPort };
  const phone = await Softphone.create({ server, user: 'agent001', password: 'any' });
  // Connected, the application has yet to say what it wants to hear of.
  const ended = async () => (await phone.call({ to: '1000' })).ended;
  await expect.poll(ended).not.toMatchObject({ status: 503 });
  expect(await ended()).toMatchObject({
    status: 480,
    reason: `No page is open. Open http://localhost:${httpPort} in Chrome`,
  });
  await phone.close();
  await (await starting).close();
  engine.close();
});
