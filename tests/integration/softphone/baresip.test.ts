/** Against a softphone that is not ours: what our own two ends agree on may still be wrong. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeG711 } from '../../../audio/g711.ts';
import { readWav, writeWav } from '../../../audio/wav.ts';
import { runDial } from '../../../softphone/cli.ts';
import type { Summary } from '../../../softphone/summary.ts';
import { freePort } from '../../support/free-port.ts';

const HOST = '127.0.0.1';
const MODULES = ['/usr/lib/baresip/modules', '/usr/local/lib/baresip/modules'].find(existsSync);
const installed =
  process.env['CI'] !== undefined ||
  (MODULES !== undefined && spawnSync('baresip', ['-h']).error === undefined);

/** Samples that are A-law values already: encoders differ in how they round all others. */
const SPEECH = new Int16Array(16_000);
decodeG711(
  'pcma',
  Uint8Array.from(SPEECH, (_, n) => (n * n * 7919 + 31 * n) >> 5),
  SPEECH,
);

describe.skipIf(!installed)('against baresip (skipped unless it is installed)', () => {
  let folder = '';
  let baresip: ChildProcess | undefined;
  let port = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'softphone-baresip-'));
    // baresip takes it for UDP and TCP.
    port = await freePort();
    await writeFile(join(folder, 'say.wav'), writeWav({ sampleRate: 8000, channels: [SPEECH] }));
    const config = [
      `sip_listen ${HOST}:${port}`,
      `module_path ${MODULES ?? ''}`,
      `audio_source aufile,${join(folder, 'say.wav')}`,
      `audio_player aufile,${join(folder, 'heard.wav')}`,
      ...['module account.so', 'module g711.so', 'module aufile.so', 'module_app menu.so', ''],
    ];
    await writeFile(join(folder, 'config'), config.join('\n'));
    await writeFile(join(folder, 'accounts'), `<sip:1000@${HOST}>;regint=0;answermode=auto\n`);
    baresip = spawn('baresip', ['-f', folder], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise<void>((resolve, reject) => {
      baresip?.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('baresip is ready')) resolve();
      });
      baresip?.once('exit', () => reject(new Error('baresip did not start')));
    });
  });

  afterAll(async () => {
    if (baresip?.exitCode === null) {
      const exited = once(baresip, 'exit');
      baresip.kill('SIGKILL');
      await exited;
    }
    await rm(folder, { recursive: true });
  });

  it.each(['udp', 'tcp'])('hears every sample over %s', async (transport) => {
    const record = join(folder, `${transport}.wav`);
    let stdout = '';
    const argv = `--to 1000 --server ${HOST}:${port} --no-register --json --seconds 1.5`.split(' ');
    const code = await runDial(
      [...argv, '--transport', transport, '--codec', 'pcma', '--record', record],
      { stdout: { write: (text) => (stdout += text) }, stderr: process.stderr },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout) as Summary).toMatchObject({ codec: 'pcma', received: { lost: 0 } });
    const samples = readWav(await readFile(record)).channels[0] ?? new Int16Array(0);
    // From the second packet on (the first may come before the answer) for one second.
    expect(samples.join().includes(SPEECH.subarray(160, 8160).join())).toBe(true);
  });
});
