/** A part under load in a process of its own, so that it can be weighed alone. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ChildPart<T> {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: T;
  /** Its next message after being sent this one. */
  ask(question: string): Promise<unknown>;
  close(): Promise<void>;
}

/** @param file beside this one; it sends one message when it is ready and ends on disconnect. */
export async function startPart<T>(file: string, ...args: string[]): Promise<ChildPart<T>> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ['--import', 'tsx'],
  });
  const exited = once(child, 'exit');
  const died = exited.then(([code]) =>
    Promise.reject(new Error(`${file} ended with ${String(code)}`)),
  );
  const [ready] = (await Promise.race([once(child, 'message'), died])) as [T];
  died.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    ready,
    ask: async (question) => {
      const answer = once(child, 'message');
      child.send(question);
      return ((await answer) as [unknown])[0];
    },
    close: async () => {
      if (child.connected) child.disconnect();
      const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(hard);
    },
  };
}
