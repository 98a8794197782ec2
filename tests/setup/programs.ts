/**
 * The programs the tests use beside Node, and how a fresh machine comes by them. A test that needs
 * one that cannot be had is skipped with the reason on screen; under CI that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findBrowser } from '../../server/browser.ts';

export interface Program {
  readonly name: string;
  readonly usedFor: string;
  /** Its path or name when it is installed. */
  readonly find: () => string | undefined;
  /** Debian's packages of it. */
  readonly debian: string;
}

/** Whether `name` is on the PATH and can be started. */
function onPath(name: string, versionFlag: string): string | undefined {
  return spawnSync(name, [versionFlag], { stdio: 'ignore' }).error ? undefined : name;
}

export const BROWSER: Program = {
  name: 'Chrome, Chromium or Edge',
  usedFor: 'every test with the page',
  find: () => findBrowser(),
  debian: 'chromium',
};
export const BARESIP: Program = {
  name: 'baresip',
  usedFor: 'end-to-end calls from a softphone that is not our own',
  find: () => onPath('baresip', '-h'),
  debian: 'baresip',
};
export const SIPP: Program = {
  name: 'sipp',
  usedFor: 'SIP scenarios against the embedded drachtio server',
  find: () => onPath('sipp', '-v'),
  debian: 'sip-tester',
};
export const RTPENGINE: Program = {
  name: 'rtpengine',
  usedFor: 'the same tests on a real rtpengine',
  find: () => onPath('rtpengine', '--version'),
  debian: 'rtpengine-daemon',
};
export const ESPEAK: Program = {
  name: 'espeak-ng',
  usedFor: 'speech that was not recorded for this project',
  find: () => onPath('espeak-ng', '--version'),
  debian: 'espeak-ng',
};

export const TSHARK: Program = {
  name: 'tshark',
  usedFor: 'reading capture files as Wireshark does',
  find: () => onPath('tshark', '--version'),
  debian: 'tshark',
};

/** Debian's own Python: another one on the PATH does not see Debian's packages. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
export const FASTAPI: Program = {
  name: 'Python with FastAPI and uvicorn',
  usedFor: 'an agent in a framework that is not our own',
  find: () =>
    spawnSync(PYTHON, ['-c', 'import fastapi, uvicorn, websockets'], { stdio: 'ignore' }).status ===
    0
      ? PYTHON
      : undefined,
  debian: 'python3-fastapi python3-uvicorn python3-websockets',
};

export const PROGRAMS: readonly Program[] = [
  BROWSER,
  BARESIP,
  SIPP,
  RTPENGINE,
  ESPEAK,
  FASTAPI,
  TSHARK,
];

/**
 * Why a test cannot run here, or undefined when it can. Under CI a missing program is an error.
 * Use: `test.skip(missing(SIPP) !== undefined, missing(SIPP))` or the like.
 */
export function missing(program: Program): string | undefined {
  if (program.find() !== undefined) return undefined;
  const reason = `${program.name} is not installed (needed for ${program.usedFor})`;
  if (process.env['CI']) throw new Error(`${reason}; CI must have it`);
  return reason;
}
