/**
 * The container's entrypoint run as a script: the command line it builds from the environment must
 * be one that a real rtpengine starts with, answers on, and advertises the public address from.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import { OFFER_TO_PAGE } from '../../../rtpengine/profiles.ts';
import { root } from '../../../server/root.ts';
import { missing, RTPENGINE } from '../../setup/programs.ts';
import { freePort } from '../../support/free-port.ts';

const SCRIPT = join(root, 'rtpengine', 'entrypoint.sh');
const noBash =
  process.platform === 'linux' ? undefined : 'the script is for the Linux of the container';
const noRtpengine = noBash ?? missing(RTPENGINE);
const START_MS = 120_000;

const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  '',
].join('\r\n');

function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    CONFIG: join(root, 'rtpengine', 'rtpengine.conf'),
    LOCAL_IP: '127.0.0.1',
    ...more,
  };
}

const run = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  spawnSync('bash', [SCRIPT, ...args], { env, encoding: 'utf8' });

describe.skipIf(noBash !== undefined)(`entrypoint.sh ${noBash ?? ''}`, () => {
  const echo = (more: Readonly<Record<string, string>>) =>
    run(environment({ RTPENGINE: 'echo', ...more })).stdout.trim();

  it('advertises the public address for the one it binds', () => {
    expect(echo({ PUBLIC_IP: '192.0.2.7' }).split(' ')).toEqual([
      `--config-file=${join(root, 'rtpengine', 'rtpengine.conf')}`,
      '--interface=internal/127.0.0.1!192.0.2.7',
      '--listen-ng=127.0.0.1:22222',
      '--port-min=30000',
      '--port-max=30039',
    ]);
  });

  it('advertises nothing else where the two are one', () => {
    for (const same of [{}, { PUBLIC_IP: '' }, { PUBLIC_IP: '127.0.0.1' }]) {
      expect(echo(same)).toContain('--interface=internal/127.0.0.1 ');
    }
  });

  it('finds an address by itself', () => {
    const [, found] = /internal\/(\S+)/.exec(echo({ LOCAL_IP: '' })) ?? [];
    // A machine with no network at all has none, and then the script says so.
    if (found !== undefined) expect(found).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    else expect(run(environment({ LOCAL_IP: '' })).stderr).toContain('set LOCAL_IP');
  });

  it('refuses what is no address', () => {
    const { status, stderr } = run(environment({ PUBLIC_IP: 'example.com' }));
    expect(status).toBe(2);
    expect(stderr).toContain('example.com');
  });
});

describe.skipIf(noRtpengine !== undefined)(
  `entrypoint.sh on rtpengine ${noRtpengine ?? ''}`,
  () => {
    let child: ChildProcess | undefined;
    afterEach(async () => {
      if (child?.exitCode !== null) return;
      const exited = once(child, 'exit');
      // It takes seconds to end politely, and there is nothing to save.
      child.kill('SIGKILL');
      await exited;
    });

    it('starts, is healthy, and offers the public address with a port of the range', async () => {
      const port = await freePort();
      const env = environment({
        PUBLIC_IP: '192.0.2.7',
        NG_LISTEN: `127.0.0.1:${port}`,
        RTP_PORT_MIN: '19300',
        RTP_PORT_MAX: '19339',
      });
      expect(run(env, 'health').status).not.toBe(0);

      child = spawn('bash', [SCRIPT], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let log = '';
      child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
      const deadline = performance.now() + START_MS;
      while (run(env, 'health').status !== 0) {
        expect(performance.now() < deadline && child.exitCode === null, log).toBe(true);
        await delay(50);
      }

      const engine = await connectRtpengine({ host: '127.0.0.1', port });
      const ids = { 'call-id': 'packaging', 'from-tag': 'a' };
      const { sdp } = await engine.offer({ ...OFFER_TO_PAGE, ...ids, sdp: OFFER });
      await engine.delete(ids);
      await engine.close();
      const [, address, rtpPort] = /^a=candidate:\S+ 1 UDP \d+ (\S+) (\d+)/im.exec(sdp) ?? [];
      expect(address).toBe('192.0.2.7');
      expect(Number(rtpPort)).toBeGreaterThanOrEqual(19_300);
      expect(Number(rtpPort)).toBeLessThanOrEqual(19_339);
    });
  },
);
