/**
 * Where log entries go: to standard error, as lines for people or as JSON for machines, and if asked
 * for into a file as well, in JSON, which starts anew at 10 MB and keeps the last five.
 */
import { once } from 'node:events';
import { pino, type Logger } from 'pino';
import { messageOf, BridgeError } from '../common/errors.ts';
import type { Log, LogLevel } from '../common/log.ts';
import { hasColours } from './colours.ts';
import { textLine } from './log-lines.ts';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const FILE_SIZE = '10m';
const OLD_FILES = 5;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly file?: string;
}

export interface OpenLog {
  readonly log: Log;
  /** From now on. */
  readonly setLevel: (level: LogLevel) => void;
  readonly close: () => Promise<void>;
}

/** @throws BridgeError BAD_CONFIG when the file cannot be written. */
export async function openLog(
  { level, format, file }: LogOptions,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<OpenLog> {
  let minimum = RANK[level];
  const colours = hasColours(stream);
  const toStream = format === 'json' ? jsonTo(stream) : undefined;
  const target = file === undefined ? undefined : await openFile(file);
  const toFile = target && jsonTo(target);
  return {
    log: (entryLevel, message, fields = {}) => {
      if (RANK[entryLevel] < minimum) return;
      if (toStream) toStream[entryLevel](fields, message);
      else stream.write(textLine(entryLevel, message, fields, colours));
      toFile?.[entryLevel](fields, message);
    },
    setLevel: (next) => {
      minimum = RANK[next];
    },
    close: () =>
      new Promise((resolve) => {
        if (!target) {
          resolve();
          return;
        }
        target.once('close', resolve);
        target.end();
      }),
  };
}

function jsonTo(stream: { write(text: string): unknown }): Logger {
  return pino(
    {
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream as Parameters<typeof pino>[1] & object,
  );
}

async function openFile(file: string) {
  const { default: roll } = await import('pino-roll');
  try {
    const stream = await roll({ file, size: FILE_SIZE, mkdir: true, limit: { count: OLD_FILES } });
    await once(stream, 'ready');
    // A disk that fills up later ends the copy, not the bridge.
    stream.on('error', () => undefined);
    return stream;
  } catch (error) {
    throw new BridgeError('BAD_CONFIG', `log.file ${file}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** Standard error, for programs that log little else than what went wrong. */
export function consoleLog(minimum: LogLevel): Log {
  return (level, message, fields = {}) => {
    if (RANK[level] < RANK[minimum]) return;
    process.stderr.write(textLine(level, message, fields, hasColours(process.stderr)));
  };
}
