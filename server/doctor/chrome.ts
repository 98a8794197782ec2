/** Whether a browser is here that can do what the page asks of it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findBrowser } from '../browser.ts';
import { fail, pass, warn, type Finding } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

const run = promisify(execFile);
/** RTCRtpScriptTransform: https://chromestatus.com/feature/5175278159265792 */
const SCRIPT_TRANSFORM = 141;
/** MediaStreamTrackProcessor, the least the page can live with. */
const TRACK_PROCESSOR = 94;
const TIMEOUT_MS = 5000;

export async function checkBrowser({ environment, platform }: Surroundings): Promise<Finding> {
  const path = findBrowser(environment);
  if (path === undefined) {
    return fail(
      'Browser',
      'BROWSER_MISSING',
      'No Chrome, Chromium or Edge was found.',
      'Install one, or set CHROME_PATH to its program file.',
    );
  }
  // On Windows `--version` opens a window instead of printing.
  if (platform === 'win32') return pass('Browser', path);
  try {
    const { stdout } = await run(path, ['--version'], { timeout: TIMEOUT_MS });
    return judgeBrowser(path, stdout);
  } catch {
    return fail(
      'Browser',
      'BROWSER_MISSING',
      `${path} does not start.`,
      'Install Chrome, Chromium or Edge, or set CHROME_PATH to its program file.',
    );
  }
}

export function judgeBrowser(path: string, versionText: string): Finding {
  const major = Number(/(\d+)\.\d+/.exec(versionText)?.[1]);
  const name = versionText.trim() || path;
  if (major >= SCRIPT_TRANSFORM) return pass('Browser', name);
  if (major >= TRACK_PROCESSOR) {
    return warn(
      'Browser',
      'BROWSER_OLD',
      `${name} has no script transforms: audio takes the slower way, some 40 ms more.`,
      `Update it to version ${SCRIPT_TRANSFORM} or newer.`,
    );
  }
  return fail(
    'Browser',
    'BROWSER_UNSUPPORTED',
    `${name} lacks APIs the page needs.`,
    `Update it to version ${SCRIPT_TRANSFORM} or newer.`,
  );
}
