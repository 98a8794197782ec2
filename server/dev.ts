/**
 * `npm run dev`: the page with hot reload, the server restarted when its sources change. Takes the
 * flags of `npm start`. The page is Vite's, which passes the bridge's own paths on (vite.config.ts).
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createServer, type Plugin, type ProxyOptions } from 'vite';
import { isMisuse, lineOf } from '../common/errors.ts';
import { HELP } from './config/flags.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { root } from './root.ts';

const GRACE_MS = 1000;
const flags = process.argv.slice(2);

/** Sends the paths that vite.config.ts names to where this bridge listens. */
function proxyTo({ http: { host, port } }: Config): Plugin {
  const target = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    name: 'bridge-address',
    config: ({ server }) => {
      const proxy: Record<string, ProxyOptions> = {};
      for (const [path, to] of Object.entries(server?.proxy ?? {})) {
        proxy[path] = { ...(typeof to === 'string' ? {} : to), target };
      }
      return { server: { proxy } };
    },
  };
}

async function main(): Promise<void> {
  const loaded = loadConfig({ argv: flags, environment: process.env, folder: process.cwd() });
  if (loaded === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const vite = await createServer({
    configFile: join(root, 'vite.config.ts'),
    plugins: [proxyTo(loaded.config)],
  });
  await vite.listen();

  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const watch = [tsx, 'watch', '--clear-screen=false', join(root, 'server', 'main.ts')];
  const bridge = spawn(process.execPath, [...watch, ...flags], { stdio: 'inherit' });
  vite.printUrls();

  const stop = () => bridge.kill('SIGTERM');
  process.once('SIGTERM', stop);
  // Ctrl-C reaches the server by itself, and a second signal would cut its goodbyes short; another
  // sender's SIGINT is for this process alone.
  process.once('SIGINT', () => setTimeout(stop, GRACE_MS).unref());
  bridge.once('exit', (code) => {
    // Without the server the page is of no use; its own message says why it ended.
    void vite.close().then(() => process.exit(code ?? 0));
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exitCode = isMisuse(error) ? 2 : 1;
});
