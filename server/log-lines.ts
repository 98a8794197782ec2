/** One log entry as a line for a person: time, level, message, then what belongs to it. */
import { styleText } from 'node:util';
import type { LogFields, LogLevel } from '../common/log.ts';

const COLOUR = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

export function textLine(
  level: LogLevel,
  message: string,
  fields: LogFields,
  colours: boolean,
): string {
  const paint = (colour: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(colour, text) : text;
  const time = new Date().toISOString().slice(11, 23);
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return (
    `${paint('gray', time)} ${paint(COLOUR[level], level.padEnd(5))} ${message}` +
    `${details ? ` ${paint('gray', details)}` : ''}\n`
  );
}
