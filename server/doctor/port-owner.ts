/** Which program holds a port, asked of the operating system's own tools; undefined if they can't tell. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TIMEOUT_MS = 3000;

/** @returns its name and process id, such as `microsip.exe (4711)`. */
export async function portOwner(
  port: number,
  protocol: 'tcp' | 'udp',
): Promise<string | undefined> {
  try {
    return process.platform === 'win32'
      ? await ownerOnWindows(port, protocol)
      : process.platform === 'linux'
        ? ownerInSs(await output('ss', ['-Hlnp', protocol === 'tcp' ? '-t' : '-u']), port)
        : ownerInLsof(await output('lsof', ['-nP', `-i${protocol.toUpperCase()}:${port}`]));
  } catch {
    // The tool is missing or not allowed: the port is taken all the same.
    return undefined;
  }
}

async function output(command: string, args: readonly string[]): Promise<string> {
  return (await run(command, [...args], { timeout: TIMEOUT_MS, windowsHide: true })).stdout;
}

export function ownerInSs(text: string, port: number): string | undefined {
  const line = text.split('\n').find((entry) => new RegExp(`:${port}\\s`).test(entry));
  const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(line ?? '');
  return match ? `${match[1] ?? ''} (${match[2] ?? ''})` : undefined;
}

export function ownerInLsof(text: string): string | undefined {
  const [, line] = text.split('\n');
  const [name, pid] = (line ?? '').split(/\s+/);
  return name && pid ? `${name} (${pid})` : undefined;
}

async function ownerOnWindows(port: number, protocol: 'tcp' | 'udp'): Promise<string | undefined> {
  const pid = pidInNetstat(await output('netstat', ['-ano', '-p', protocol]), port);
  if (pid === undefined) return undefined;
  const csv = await output('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']);
  const name = /^"([^"]+)"/.exec(csv.trim())?.[1];
  return name ? `${name} (${pid})` : `process ${pid}`;
}

export function pidInNetstat(text: string, port: number): string | undefined {
  const line = text
    .split(/\r?\n/)
    .find((entry) => new RegExp(`^\\s*(TCP|UDP)\\s+\\S+:${port}\\s`).test(entry));
  return line === undefined ? undefined : /(\d+)\s*$/.exec(line)?.[1];
}
