/** SIPp as caller, callee and registrant: a SIP stack that we have not written. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disconnect, testDrachtio, type TestDrachtio } from '../../support/drachtio.ts';
import { SDP, udpPeer } from './peer.ts';

const installed = spawnSync('sipp', ['-v']).error === undefined;
const reason = installed || process.env['CI'] ? '' : ' (skipped: sipp is not installed)';

let drachtio: TestDrachtio;
let folder: string;

// One for each test: an external server would still hand calls to the application before.
beforeEach(async () => {
  drachtio = await testDrachtio();
  folder = await mkdtemp(join(tmpdir(), 'sipp-'));
});
afterEach(async () => {
  await drachtio.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs SIPp against the server (or as server); resolves to its exit code and its last words. */
function sipp(args: readonly string[]): {
  done: Promise<[number | null, string]>;
  stop: () => void;
} {
  const child = spawn('sipp', ['-i', '127.0.0.1', '-nostdin', '-trace_err', ...args], {
    cwd: folder,
    env: { ...process.env, TERM: 'dumb' },
  });
  let output = '';
  child.stdout.on('data', (data) => (output = (output + String(data)).slice(-3000)));
  child.stderr.on('data', (data) => (output = (output + String(data)).slice(-3000)));
  const done = new Promise<[number | null, string]>((resolve) =>
    child.on('close', (code) => resolve([code, output])),
  );
  return { done, stop: () => child.kill('SIGUSR1') };
}

describe.skipIf(reason !== '')(`RFC 3261 §10, §13, §15 and §22, with SIPp${reason}`, () => {
  it.each([
    ['UDP', 'udp', []],
    ['TCP', 'tcp', ['-t', 't1']],
  ] as const)('calls over %s, is answered and hangs up', async (_name, protocol, transport) => {
    let ended = 0;
    const srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        res.send(180);
        // By a callback: the BYE may come with the ACK, before a promise would be told.
        app.createUAS(req, res, { localSdp: SDP }, (_error, dialog) => {
          dialog?.on('destroy', () => ended++);
        });
      }),
    );
    const { address, port } = drachtio.sip(protocol);
    const [code, output] = await sipp([
      ...['-sn', 'uac', '-m', '40', '-r', '80', '-d', '20', ...transport],
      `${address}:${port}`,
    ]).done;
    expect(output.includes('Failed call') ? output : '').not.toMatch(
      /Failed call\s*\|\s*\d+\s*\|\s*[1-9]/,
    );
    expect(code).toBe(0);
    await expect.poll(() => ended).toBe(40);
    disconnect(srf);
  });

  it('registers with digest', async () => {
    let registered = 0;
    const srf = await drachtio.app((app) =>
      app.register((req, res) => {
        if (!req.has('Authorization')) {
          res.send(401, {
            headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n", algorithm=MD5' },
          });
          return;
        }
        registered++;
        res.send(200, { headers: { Contact: req.get('Contact') ?? '', Expires: '300' } });
      }),
    );
    const { address, port } = drachtio.sip('udp');
    const scenario = fileURLToPath(new URL('fixtures/register.xml', import.meta.url));
    const [code] = await sipp(['-sf', scenario, '-m', '100', '-r', '200', `${address}:${port}`])
      .done;
    expect(code).toBe(0);
    expect(registered).toBe(100);
    disconnect(srf);
  });

  it('is called and hung up on by the application', async () => {
    const spare = await udpPeer(drachtio.sip('udp'));
    const { port } = spare.local;
    await spare.close();
    const callee = sipp(['-sn', 'uas', '-p', String(port), '-m', '5']);
    const srf = await drachtio.app();
    const call = async (): Promise<boolean> => {
      const dialog = await srf.createUAC(`sip:service@127.0.0.1:${port}`, { localSdp: SDP });
      await dialog.destroy();
      return true;
    };
    // Until SIPp listens, a server that hears ICMP says 503 at once.
    await expect.poll(() => call().catch(() => false)).toBe(true);
    for (let i = 1; i < 5; i++) await call();
    const [code] = await callee.done;
    expect(code).toBe(0);
    disconnect(srf);
  });
});
