/** Calls whose audio does not flow: one sentence says why, on the page, in the log and over HTTP. */
import { startRtpengine } from '../../rtpengine/embedded/server.ts';
import { Softphone } from '../../softphone/softphone.ts';
import { BadNetwork } from '../bench/bad-network.ts';
import { BridgeProcess } from '../support/bridge-process.ts';
import { expect, test } from './fixtures.ts';

test('a phone whose RTP a firewall drops', async ({ bridge, openPage }) => {
  const page = await openPage();
  const firewall = await BadNetwork.open({ loss: 1, jitterMs: 0 }, await bridge.phoneServer());
  const phone = await Softphone.create({
    server: firewall.server,
    user: 'agent009',
    password: 'x',
  });
  try {
    await phone.register();
    const call = await phone.call({ to: '1000' });
    await call.answered;
    await expect(page.getByTestId('call-card')).toContainText(
      'No RTP arrives from the phone, while Chrome is connected',
      { timeout: 10_000 },
    );
    const response = await fetch(
      `${bridge.url}/api/calls/${encodeURIComponent(call.callId)}/media`,
    );
    expect(await response.json()).toMatchObject({ state: 'failed', code: 'MEDIA_NO_PHONE_RTP' });
    expect(bridge.output).toContain('MEDIA_NO_PHONE_RTP');
    await call.hangup();
  } finally {
    await phone.close();
    await firewall.close();
  }
});

test('an engine that is killed and started again in the middle of a call', async ({
  agent,
  engine: kind,
  page,
}) => {
  test.skip(kind !== 'embedded', 'once is enough');
  const ports = { host: '127.0.0.1', portMin: 27_000, portMax: 27_099 };
  const start = (port: number) => startRtpengine({ ng: { host: '127.0.0.1', port }, rtp: ports });
  let engine = await start(0);
  const { ngPort } = engine;
  const bridge = await BridgeProcess.start({
    agentUrl: agent.url,
    rtpengine: `127.0.0.1:${ngPort}`,
  });
  await page.goto(`${bridge.url}/?start`);
  await bridge.until('the page is registered', ({ registrations }) => registrations.length > 0);
  const phone = await Softphone.create({
    server: await bridge.phoneServer(),
    user: 'agent001',
    password: 'x',
  });
  try {
    const first = await phone.call({ to: '1000' });
    await first.answered;
    await engine.close();
    engine = await start(ngPort);
    expect(await first.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
    expect(bridge.output).toContain('MEDIA_ENGINE_LOST');

    const second = await phone.call({ to: '1000' });
    expect(await second.answered).toMatchObject({ status: 200 });
    await second.hangup();
    await bridge.until('the calls are gone', ({ calls }) => calls.length === 0);
  } finally {
    await phone.close();
    await bridge.stop();
    await engine.close();
  }
});
