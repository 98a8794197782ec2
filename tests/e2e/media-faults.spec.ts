/** Calls whose audio does not flow: one sentence says why, on the page, in the log and over HTTP. */
import { startRtpengine } from '../../rtpengine/embedded/server.ts';
import { Softphone } from '../../softphone/softphone.ts';
import { BridgeProcess } from '../support/bridge-process.ts';
import { freePort } from '../support/free-port.ts';
import { expect, test } from './fixtures.ts';

test('an address that the page cannot reach', async ({ agent, engine, page }) => {
  test.skip(engine !== 'embedded', 'the setting is of the embedded engine');
  const bridge = await BridgeProcess.start({
    agentUrl: agent.url,
    // Another address of this machine, on which nobody listens.
    env: { BRIDGE_SIP_RTP_ADVERTISED_PAGE: '127.0.0.2' },
  });
  await page.goto(`${bridge.url}/?start`);
  await bridge.until('the page is registered', ({ registrations }) => registrations.length > 0);
  const phone = await Softphone.create({
    server: await bridge.phoneServer(),
    user: 'agent001',
    password: 'x',
  });
  try {
    const call = await phone.call({ to: '1000' });
    await call.answered;
    await expect(page.getByTestId('call-card')).toContainText(
      "Chrome's ICE checks never reached the media engine",
    );
    const path = `/api/calls/${encodeURIComponent(call.callId)}/media`;
    const response = await fetch(bridge.url + path);
    expect(await response.json()).toMatchObject({ state: 'failed', code: 'MEDIA_NO_ICE' });
    expect(bridge.output).toContain('MEDIA_NO_ICE');
    await call.hangup();
  } finally {
    await phone.close();
    await bridge.stop();
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
  const ngPort = await freePort();
  let engine = await start(ngPort);
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
