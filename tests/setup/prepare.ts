/**
 * `npm test` begins here: gets the programs of programs.ts where this machine lacks them, or says
 * which tests will be skipped and why. Debian's packages where apt-get works as root; for the
 * browser also Playwright's own download.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { BROWSER, PROGRAMS, type Program } from './programs.ts';

function run(command: string, args: readonly string[]): boolean {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

let updated: boolean | undefined;

function installDebian(program: Program): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  updated ??= run('apt-get', ['update']);
  return run('apt-get', ['install', '-y', '--no-install-recommends', ...program.debian.split(' ')]);
}

function downloadBrowser(): boolean {
  const cli = createRequire(import.meta.url).resolve('playwright/cli.js');
  return run(process.execPath, [cli, 'install', 'chromium']);
}

let absent = 0;
for (const program of PROGRAMS) {
  const had = program.find();
  if (had === undefined) {
    process.stdout.write(`… ${program.name}: not found, installing\n`);
    if (!installDebian(program) && program === BROWSER) downloadBrowser();
  }
  const found = program.find();
  if (found === undefined) {
    absent++;
    process.stdout.write(`✗ ${program.name}: not to be had; skipped: ${program.usedFor}\n`);
  } else {
    process.stdout.write(`✓ ${program.name}: ${found}\n`);
  }
}
if (absent > 0 && process.env['CI']) {
  process.stderr.write('CI runs every test: install the programs above.\n');
  process.exitCode = 1;
}
