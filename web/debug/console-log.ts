/**
 * `?debug=sip,media,agent` in the page's address: those happenings in the browser's console, each by its
 * level, so that the console's own filter works. `sip:info` leaves out what is below.
 */
import type { LogLevel } from '../../common/log.ts';
import type { Happening, Happenings } from '../bridge/happenings.ts';

const TOPICS = ['sip', 'media', 'agent'] as const;
type Topic = (typeof TOPICS)[number];
const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];

export type DebugTopics = ReadonlyMap<Topic, LogLevel>;

/** What is used of a console. */
export type LogConsole = Readonly<Record<LogLevel, (...what: unknown[]) => void>>;

/** Unknown words are passed over; a bare `?debug` means everything. */
export function topicsOf(search: string): DebugTopics {
  const text = new URLSearchParams(search).get('debug');
  if (text === null) return new Map();
  const words = text === '' ? TOPICS : text.split(',');
  return new Map(
    words.flatMap((word) => {
      const [name, level = 'debug'] = word.trim().split(':');
      const topic = TOPICS.find((each) => each === name);
      const lowest = LEVELS.find((each) => each === level);
      return topic === undefined || lowest === undefined ? [] : [[topic, lowest] as const];
    }),
  );
}

export function logToConsole(
  happenings: Happenings,
  topics: DebugTopics,
  console: LogConsole,
): void {
  if (topics.size === 0) return;
  happenings.follow((happening) => {
    const topic = topicOf(happening);
    const lowest = topic && topics.get(topic);
    if (lowest === undefined) return;
    const level = levelOf(happening);
    if (LEVELS.indexOf(level) < LEVELS.indexOf(lowest)) return;
    const { text } = happening;
    console[level](
      `[${topic ?? ''}] ${happening.type}`,
      happening.callId ?? '',
      happening,
      text ?? '',
    );
  });
}

function topicOf({ from, type, kind }: Happening): Topic | undefined {
  if (type === 'sip' || type === 'call' || type === 'message') return 'sip';
  if (from === 'agent' || type === 'agent' || type === 'socket' || type === 'turn') return 'agent';
  if (type === 'media' || type === 'dtmf' || type === 'interrupt') return 'media';
  // The page's own log says itself what a line is about.
  if (kind === 'call') return 'sip';
  return TOPICS.find((topic) => topic === kind);
}

function levelOf({ type, level, code }: Happening): LogLevel {
  const told = LEVELS.find((each) => each === level);
  if (told !== undefined) return told;
  if (typeof code === 'string') return 'warn';
  return type === 'sip' || type === 'socket' ? 'debug' : 'info';
}
