/** Log lines for people, on standard error: time, level, message, then what belongs to it. */
import { styleText } from 'node:util';
import type { Log, LogLevel } from '../common/log.ts';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const COLOUR = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

export function consoleLog(minimum: LogLevel, stream: NodeJS.WriteStream = process.stderr): Log {
  const paint = (colour: Parameters<typeof styleText>[0], text: string) =>
    stream.isTTY ? styleText(colour, text) : text;
  return (level, message, fields = {}) => {
    if (RANK[level] < RANK[minimum]) return;
    const time = new Date().toISOString().slice(11, 23);
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ');
    stream.write(
      `${paint('gray', time)} ${paint(COLOUR[level], level.padEnd(5))} ${message}` +
        `${details ? ` ${paint('gray', details)}` : ''}\n`,
    );
  };
}
