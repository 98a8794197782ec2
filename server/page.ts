/**
 * The page's files. In an installed package they are there, built. In a checkout they are built
 * when the sources are newer than the last build, so that `npm ci && npm start` is all it takes.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sirv from 'sirv';
import type { Log } from '../common/log.ts';
import type { PageHandler } from './http/origin.ts';
import { isPackaged, root } from './root.ts';

/** Folders whose sources end up in the page. */
const SOURCES = [
  'docs/reference',
  'web',
  'audio',
  'recording',
  'agent/dialects',
  'agent/diagnosis',
  'common',
];

export async function openPage(log: Log): Promise<PageHandler> {
  const built = join(root, 'dist', 'web');
  if (!isPackaged && isStale(built)) {
    log('info', 'Building the page: its sources are newer than its last build.');
    await build();
  }
  const files = sirv(built, { dev: !isPackaged, etag: true });
  return (request, response, next) => files(request, response, next);
}

/** In a process of its own: a bundler's memory would stay with the bridge for as long as it runs. */
async function build(): Promise<void> {
  const vite = join(
    dirname(createRequire(import.meta.url).resolve('vite/package.json')),
    'bin',
    'vite.js',
  );
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('The page could not be built; the reason stands above.');
}

function isStale(built: string): boolean {
  const index = join(built, 'index.html');
  if (!existsSync(index)) return true;
  const builtAt = statSync(index).mtimeMs;
  const newest = SOURCES.flatMap((folder) => filesOf(join(root, folder)))
    .concat(
      ['vite.config.ts', 'tools/errors-page.ts', 'package-lock.json'].map((file) =>
        join(root, file),
      ),
    )
    .filter((file) => existsSync(file))
    .map((file) => statSync(file).mtimeMs);
  return Math.max(...newest) > builtAt;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
