/**
 * A configuration that changes while a call goes on, in a bridge of its own process: the call stays,
 * the next one follows what is written now, and a mistake changes nothing. SIGTERM ends what is up.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../../server/root.ts';
import type { IncomingCall } from '../../../softphone/incoming-call.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { freePort } from '../../support/free-port.ts';
import { toneLevel } from '../../support/signals.ts';

const HOST = '127.0.0.1';
const START_MS = 120_000;

let folder: string;
let sipPort: number;
let httpPort: number;
let child: ChildProcess;
let output: string;
const phones: Softphone[] = [];

const configure = (extension: string, rest = '') =>
  writeFileSync(
    join(folder, 'bridge.yaml'),
    `sip: {server: {port: ${sipPort}}}\nhttp: {port: ${httpPort}}\nextensions:\n  "1001": ${extension}\n${rest}`,
  );

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function phone(user: string, answered?: (call: IncomingCall) => void): Promise<Softphone> {
  const softphone = await Softphone.create({
    server: { host: HOST, port: sipPort },
    user,
    ...(answered && {
      onCall: (call) => void call.answer({ play: tone(880) }).then(() => answered(call)),
    }),
  });
  phones.push(softphone);
  await softphone.register();
  return softphone;
}

function tone(hz: number): Int16Array {
  return Int16Array.from({ length: 80_000 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / 8000)),
  );
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-reload-'));
  sipPort = await freePort();
  httpPort = await freePort();
  output = '';
  configure('{phone: anna}');
  const program = join(root, 'server', 'main.ts');
  child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const keep = (chunk: Buffer) => (output += chunk.toString());
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  await until('ready', () => output.includes('ready in'));
});

afterEach(async () => {
  for (const softphone of phones.splice(0)) await softphone.close();
  if (child.exitCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

describe('a configuration that changes in the middle of a call', () => {
  it('leaves the call alone and routes the next one; a mistake changes nothing', async () => {
    const taken: Record<string, IncomingCall[]> = { anna: [], ben: [] };
    await phone('anna', (call) => taken['anna']?.push(call));
    await phone('ben', (call) => taken['ben']?.push(call));
    const caller = await phone('agent001');

    const first = await caller.call({ to: '1001', play: tone(440) });
    await first.answered;
    configure('{phone: ben}');
    await until('reloaded', () => output.includes('changed: extensions.1001.phone'));
    const before = first.statistics.received.packets;
    await until('audio after the change', () => first.statistics.received.packets > before + 25);
    expect(first.state).toBe('answered');
    expect(toneLevel(first.recording.samples.slice(-1600), 8000, 880)).toBeGreaterThan(0.15);

    const second = await caller.call({ to: '1001' });
    await second.answered;
    await until('ben answers', () => taken['ben']?.length === 1);
    expect(taken['anna']).toHaveLength(1);
    await second.hangup();

    configure('{fone: anna}');
    await until('the mistake is named', () =>
      output.includes('there is no key extensions.1001.fone. Did you mean phone?'),
    );
    const third = await caller.call({ to: '1001' });
    await third.answered;
    await until('ben answers again', () => taken['ben']?.length === 2);
    expect(first.state).toBe('answered');

    configure('{phone: ben}', 'log: {format: json}\n');
    await until('what needs a restart is named', () =>
      output.includes('these need a restart to take effect: log.format'),
    );

    const ended = Promise.all([first.ended, third.ended]);
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect((await ended).map(({ by }) => by)).toEqual(['remote', 'remote']);
  }, 60_000);
});
