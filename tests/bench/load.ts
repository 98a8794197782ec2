/** What a process of this machine costs, read from /proc, which only Linux has. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

export const CAN_WEIGH = existsSync('/proc/self/stat');

let ticksPerSecond: number | undefined;

/** CPU seconds used until now, by all its threads. */
export function cpuSecondsOf(pid: number): number {
  return cpuSecondsIn(`/proc/${pid}/stat`);
}

/** The same for those of its threads whose name fits; its first thread is `main`. */
export function threadSecondsOf(pid: number, fits: (name: string) => boolean): number {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder)
    .filter((thread) =>
      fits(
        thread === String(pid) ? 'main' : readFileSync(`${folder}/${thread}/comm`, 'utf8').trim(),
      ),
    )
    .reduce((sum, thread) => sum + cpuSecondsIn(`${folder}/${thread}/stat`), 0);
}

function cpuSecondsIn(file: string): number {
  ticksPerSecond ??= Number(spawnSync('getconf', ['CLK_TCK']).stdout.toString()) || 100;
  const stat = readFileSync(file, 'utf8');
  // The second field is a name in brackets that may hold spaces; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory in MB. */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) / 1024;
}

/** Percent of one core that a process used while `body` ran. */
export function cpuShare(pid: number, body: () => Promise<void>): Promise<number> {
  return shareWhile(() => cpuSecondsOf(pid), body);
}

/** The same of whatever `read` counts the CPU seconds of. */
export async function shareWhile(read: () => number, body: () => Promise<void>): Promise<number> {
  const [cpuBefore, timeBefore] = [read(), performance.now()];
  await body();
  const seconds = (performance.now() - timeBefore) / 1000;
  return (100 * (read() - cpuBefore)) / seconds;
}
