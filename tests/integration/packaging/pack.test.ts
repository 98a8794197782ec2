/**
 * The package as its users get it: packed from a copy of the sources, installed into an empty
 * folder without development dependencies, and run by its program's name. What only works in a
 * checkout (a file that was not packed, a dependency that is not declared) fails here.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageConfig, Status } from '../../../common/api.ts';
import { messageOf } from '../../../common/errors.ts';
import type { DemoReport } from '../../../server/demo/demo.ts';
import { root, version } from '../../../server/root.ts';
import { BROWSER, missing } from '../../setup/programs.ts';

const run = promisify(execFile);
/** Compiling, building and installing, on a machine that has much else to do. */
const INSTALL_MS = 600_000;
/** Nothing that is made from the sources, or is no part of them. */
const LEFT_OUT = new Set(['node_modules', '.git', 'dist', 'test-results', 'playwright-report']);
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;
const onWindows = process.platform === 'win32';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  try {
    // On Windows npm is a script of the shell.
    return (await run('npm', args, { cwd, shell: onWindows, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`${messageOf(error)}\n${stdout}`, { cause: error });
  }
}

let folder = '';
let files: readonly string[] = [];
let offline: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sip-agent-bridge-pack-'));
  const checkout = join(folder, 'checkout');
  const filter = (path: string) => path === root || !LEFT_OUT.has(basename(path));
  await cp(root, checkout, { recursive: true, filter });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'), 'junction');
  // What the build prints stands before the JSON.
  const stdout = await npm(checkout, 'pack', '--json', '--pack-destination', folder);
  const [packed] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as Packed[];
  if (!packed) throw new Error(`npm pack said nothing:\n${stdout}`);
  files = packed.files.map(({ path }) => path);

  await writeFile(join(folder, 'package.json'), '{}');
  const install = ['install', '--ignore-scripts', '--omit=dev', '--prefer-offline'];
  try {
    await npm(folder, ...install, join(folder, packed.filename));
  } catch (error) {
    if (!OFFLINE.test(String(error)) || process.env['CI']) throw error;
    offline = 'the registry with the dependencies cannot be reached';
  }
}, INSTALL_MS);

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const program = () => join(folder, 'node_modules', 'sip-agent-bridge', 'dist', 'server', 'cli.js');

/** A command that ends by itself; resolves with its exit code and all it printed. */
async function finished(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [program(), ...args], { cwd: folder });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** Starts the bridge and resolves with what it printed until it was ready. */
async function started(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Agent  ')) resolve(output);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with ${String(code)}:\n${output}`)));
  });
}

describe('the package', () => {
  it('has a page of less than 250 kB, compressed, with all its workers', async () => {
    const assets = join(folder, 'checkout', 'dist', 'web', 'assets');
    const names = (await readdir(assets)).filter((name) => /\.(js|css)$/.test(name));
    expect(names).toContainEqual(expect.stringMatching(/^index-.*\.js$/));
    const sizes = await Promise.all(
      names.map(async (name) => gzipSync(await readFile(join(assets, name))).length),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
  });

  it('holds the servers, the page and the voice of the demo, and no sources or tests', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/server/cli.js',
        'dist/softphone/main.js',
        'dist/web/index.html',
        'agent/demo/caller.wav',
        'agent/demo/greeting.wav',
        'server/notices/page-lost.wav',
        'README.md',
        'LICENSE',
      ]),
    );
    expect(files.filter((path) => path.endsWith('.ts') || path.startsWith('tests'))).toEqual([]);
  });

  it('answers --help and refuses what it does not know', async (context) => {
    context.skip(offline !== undefined, offline);
    const [start, dial, demo, unknown] = await Promise.all([
      finished('--help'),
      finished('dial', '--help'),
      finished('demo', '--help'),
      finished('frobnicate'),
    ]);
    expect(start.output).toContain('--rtpengine');
    expect(start.code).toBe(0);
    expect(dial.output).toContain('--record');
    expect(dial.code).toBe(0);
    expect(demo.output).toContain('--json');
    expect(demo.code).toBe(0);
    expect(unknown.output).toContain('BAD_FLAG');
    expect(unknown.code).toBe(2);
  });

  it('carries voice both ways in its demo, from an empty folder', async (context) => {
    const lacking = offline ?? missing(BROWSER);
    context.skip(lacking !== undefined, lacking);
    const { code, output } = await finished('demo', '--json');
    const report = JSON.parse(output.slice(output.lastIndexOf('\n{') + 1)) as DemoReport;
    expect(report.engines).toEqual({ drachtio: 'embedded', rtpengine: 'embedded' });
    expect(report.callerToAgent.frames, output).toBeGreaterThan(300);
    expect(report.callerToAgent.correlation, output).toBeGreaterThan(0.5);
    expect(report.agentToCaller.latencyMs.n, output).toBeGreaterThan(0);
    // How faithful the voice was on a machine that had other things to do is not this test's matter.
    expect(code, output).toBe(report.ok ? 0 : 1);
  }, 120_000);

  it('serves the built page, takes a call, and ends on SIGTERM', async (context) => {
    context.skip(offline !== undefined, offline);
    const bin = join(folder, 'node_modules', '.bin', 'sip-agent-bridge');
    const flags = ['--port', '0', '--sip-port', '0', '--rtp-ports', '32000-32099'];
    const [command, args] = onWindows ? [process.execPath, [program()]] : [bin, []];
    const child = spawn(command, [...args, ...flags], { cwd: folder });
    const exited = once(child, 'exit') as Promise<[number | null]>;
    try {
      const banner = await started(child);
      expect(banner).toContain(`SIP Agent Bridge ${version}`);
      const url = /http:\/\/localhost:\d+/.exec(banner)?.[0] ?? '';
      const get = (path: string) => fetch(`${url}${path}`);

      expect(await (await get('/healthz')).text()).toBe('ok\n');
      const page = await (await get('/')).text();
      const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? 'no script in the page';
      expect((await get(script)).headers.get('content-type')).toContain('javascript');
      const status = (await (await get('/api/status')).json()) as Status;
      expect(status.version).toBe(version);
      expect(status.engines).toMatchObject({
        drachtio: { kind: 'embedded', ok: true },
        rtpengine: { kind: 'embedded', ok: true },
      });
      expect(status.agent.ok).toBe(true);

      // No page is open, so the call is refused, by the embedded SIP server and in its words.
      const { phone } = (await (await get('/api/config')).json()) as PageConfig;
      expect(banner).toContain(phone.server);
      const call = await finished('dial', '--to', '1000', '--server', phone.server, '--json');
      expect(call.code).toBe(4);
      expect(call.output).toContain('No page is open');
    } finally {
      child.kill('SIGTERM');
    }
    const [code] = await exited;
    // Windows has no SIGTERM: there the process is just ended.
    if (!onWindows) expect(code).toBe(0);
  });
});
