/**
 * Single keys in a terminal: each does one thing, `h` lists them. Without a terminal (a service, a
 * pipe) nothing is read.
 */
import { messageOf } from '../common/errors.ts';

export interface Key {
  readonly what: string;
  readonly do: () => unknown;
}

export interface Keys {
  close(): void;
}

const CTRL_C = '\u0003';

export function listenForKeys(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  keys: Readonly<Record<string, Key>>,
): Keys | undefined {
  if (!input.isTTY) return undefined;
  const help = () => {
    const lines = Object.entries(keys).map(([key, { what }]) => `  ${key}  ${what}`);
    output.write(`${lines.join('\n')}\n  h  this help\n\n`);
  };
  let busy = false;
  const press = async (key: string) => {
    if (key === 'h') help();
    // Raw input no longer makes a signal of Ctrl-C.
    else if (key === CTRL_C) process.kill(process.pid, 'SIGINT');
    else if (Object.hasOwn(keys, key) && !busy) {
      busy = true;
      try {
        await keys[key]?.do();
      } catch (error) {
        output.write(`${messageOf(error)}\n`);
      } finally {
        busy = false;
      }
    }
  };
  const onData = (data: Buffer) => {
    for (const key of data.toString()) void press(key);
  };
  input.setRawMode(true);
  input.resume();
  input.on('data', onData);
  output.write('  press h for help\n\n');
  return {
    close: () => {
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
    },
  };
}
