/**
 * Finds and runs an installed Chrome, Chromium or Edge, for the demo and the tests. Only what is
 * on this machine is used; CHROME_PATH names another one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BridgeError } from '../common/errors.ts';

const LINUX = [
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
];
const MAC = [
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Chromium.app/Contents/MacOS/Chromium',
  'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];
const WINDOWS = [
  'Google/Chrome/Application/chrome.exe',
  'Chromium/Application/chrome.exe',
  'Microsoft/Edge/Application/msedge.exe',
];

/** The browser's path, or undefined when none is installed. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['CHROME_PATH']) return env['CHROME_PATH'];
  return candidates(env).find((path) => existsSync(path));
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const inEach = (folders: readonly (string | undefined)[], names: readonly string[]) =>
    folders.flatMap((folder) => (folder ? names.map((name) => join(folder, name)) : []));
  switch (process.platform) {
    case 'win32':
      return inEach([env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']], WINDOWS);
    case 'darwin':
      return inEach(['/Applications', join(homedir(), 'Applications')], MAC);
    default:
      return inEach((env['PATH'] ?? '').split(delimiter), LINUX);
  }
}

/** Flags for a browser that only ever talks to this machine. */
export const BROWSER_ARGS: readonly string[] = [
  '--headless=new',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chrome's sandbox refuses to run as root, which is what a container usually is.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

export interface RunningBrowser {
  readonly path: string;
  close(): Promise<void>;
}

/** Opens `url` in a browser of its own, with a profile that is thrown away. */
export async function openBrowser(url: string): Promise<RunningBrowser> {
  const path = findBrowser();
  if (path === undefined) {
    throw new BridgeError(
      'BROWSER_MISSING',
      'No Chrome, Chromium or Edge was found. Install one, or set CHROME_PATH to its program file.',
    );
  }
  const profile = await mkdtemp(join(tmpdir(), 'sip-agent-bridge-'));
  const child = spawn(path, [...BROWSER_ARGS, `--user-data-dir=${profile}`, url], {
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    path,
    close: async () => {
      stop(child);
      await exited;
      // Helper processes may hold files of the profile for a moment longer.
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

function stop(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill();
}
