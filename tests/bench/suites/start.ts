/** `npm start` as a person types it, on a checkout that has been started before. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../support/free-port.ts';
import { distribution } from '../result.ts';
import type { Suite } from '../suite.ts';

const STARTS = 5;
const TIMEOUT_MS = 60_000;

export const start: Suite = {
  name: 'start',
  what: 'npm start to "ready"',
  run: async ({ say }, report) => {
    say('once to warm up');
    await startOnce();
    say(`${STARTS} times`);
    const typed: number[] = [];
    const said: number[] = [];
    for (let i = 0; i < STARTS; i++) {
      const { typedMs, saidMs } = await startOnce();
      typed.push(typedMs);
      said.push(saidMs);
    }
    const of = { suite: 'start', unit: 'ms' };
    report(
      distribution(
        { ...of, name: 'npm start → ready', bounds: [{ of: 'p50', atMost: 3000 }] },
        typed,
      ),
    );
    report(distribution({ ...of, name: 'what "ready in" says' }, said));
  },
};

async function startOnce(): Promise<{ typedMs: number; saidMs: number }> {
  const flags = ['--port', String(await freePort()), '--sip-port', String(await freePort())];
  const began = performance.now();
  // A shell, because on Windows npm is a script; a group of its own, because npm has children.
  const child = spawn(`npm start -- ${flags.join(' ')}`, {
    shell: true,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  try {
    const saidMs = await ready(child);
    return { typedMs: performance.now() - began, saidMs };
  } finally {
    stop(child);
    await exited;
  }
}

function ready(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`the bridge ${why}:\n${output}`));
    const timer = setTimeout(() => fail('did not start in time'), TIMEOUT_MS);
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      const saidMs = /ready in (\d+) ms/.exec(output)?.[1];
      if (saidMs === undefined) return;
      clearTimeout(timer);
      resolve(Number(saidMs));
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', () => {
      clearTimeout(timer);
      fail('ended by itself');
    });
  });
}

function stop({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') spawn('taskkill', ['/pid', String(pid), '/t', '/f']);
  else process.kill(-pid, 'SIGTERM');
}
