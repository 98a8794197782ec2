/**
 * The page as another computer of the network opens it: HTTPS with a certificate nobody vouches for, a
 * token that is good once, and a call through it. The network card is made up, the traffic is loopback.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../common/log.ts';
import { startBridge } from '../../server/bridge.ts';
import { configSchema } from '../../server/config/schema.ts';
import { optionsOf } from '../../server/options.ts';
import { Softphone } from '../../softphone/softphone.ts';
import { expect, test } from './fixtures.ts';
import { BROWSER, missing } from '../setup/programs.ts';

const LOOPBACK = { lo: [{ address: '127.0.0.1', internal: true, cidr: '127.0.0.1/8' }] };

test('the page of a bridge on a network opens by HTTPS and its token, and takes a call', async ({
  newPage,
  engine,
}) => {
  test.skip(engine !== 'embedded', 'the network is the same for every engine');
  const reason = missing(BROWSER);
  test.skip(reason !== undefined, reason);
  const folder = await mkdtemp(join(tmpdir(), 'bridge-lan-'));
  const options = optionsOf(
    configSchema.parse({
      http: { port: 0, lan: true, folder },
      sip: {
        server: { port: 0, tls: { enabled: false } },
        registrar: { file: 'none' },
        rtp: { port_range_start: 31_400, port_range_end: 31_499 },
      },
    }),
  );
  const bridge = await startBridge(
    {
      ...options,
      http: { host: '127.0.0.1', port: 0 },
      sip: { host: '127.0.0.1', port: 0 },
      lan: { folder, interfaces: () => LOOPBACK },
    },
    silent,
  );
  const { hostname, port } = new URL(`sip://${bridge.phone.server}`);
  const phone = await Softphone.create({
    server: { host: hostname, port: Number(port) },
    user: bridge.phone.username,
    password: bridge.phonePassword,
  });
  try {
    const url = bridge.newPageUrl();
    const page = await newPage({ ignoreHTTPSErrors: true });
    await page.goto(`${url}&start`);
    // The token has gone from the address, and what else stood there is still there.
    await page.waitForURL(`${bridge.url}/?start=`);
    await expect
      .poll(() => bridge.status().registrations.filter(({ kind }) => kind === 'page').length)
      .toBe(1);
    expect(await page.evaluate('document.cookie')).toBe('');

    const call = await phone.call({ to: '1000', codecs: ['pcmu'] });
    await call.answered;
    // The demo agent greets: its voice has come through the guarded WebSocket and the page.
    await expect
      .poll(() => call.recording.samples.some((sample) => Math.abs(sample) > 2000))
      .toBe(true);
    await call.hangup();

    const second = await newPage({ ignoreHTTPSErrors: true });
    const answer = await second.goto(url);
    expect(answer?.status()).toBe(401);
    expect(await second.textContent('body')).toContain('PAGE_LOCKED: The token in this address');
  } finally {
    await phone.close();
    await bridge.close();
    await rm(folder, { recursive: true });
  }
});
