/**
 * `npm run dev`: the page with hot reload, the server restarted when its sources change. The page
 * is Vite's, which passes the bridge's own paths on (vite.config.ts).
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createServer } from 'vite';
import { root } from './root.ts';

const tsx = createRequire(import.meta.url).resolve('tsx/cli');
const args = [tsx, 'watch', '--clear-screen=false', join(root, 'server', 'main.ts')];
const bridge = spawn(process.execPath, [...args, ...process.argv.slice(2)], { stdio: 'inherit' });

const vite = await createServer({ configFile: join(root, 'vite.config.ts') });
await vite.listen();
vite.printUrls();

const stop = () => {
  bridge.kill('SIGTERM');
  void vite.close().then(() => process.exit(0));
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
bridge.once('exit', (code) => {
  // Without the server the page is of no use; its own message says why it ended.
  void vite.close().then(() => process.exit(code ?? 0));
});
