/**
 * The command lines of `record` and `replay`. What is not theirs is a flag of `start`: which agent,
 * which dialect, which configuration file.
 */
import { badFlag, BridgeError } from '../../common/errors.ts';

const VALUES = ['to', 'server', 'user', 'password', 'seconds', 'out', 'play'] as const;
const SWITCHES = ['json', 'help'] as const;
type ValueFlag = (typeof VALUES)[number];

export interface TalkOptions {
  /** A number dials it as a phone; undefined: a session with the agent itself. */
  readonly to: string | undefined;
  readonly server: { readonly host: string; readonly port: number };
  readonly user: string;
  readonly password: string | undefined;
  readonly seconds: number | undefined;
  readonly out: string | undefined;
  readonly play: string | undefined;
  readonly json: boolean;
  /** The recording of `replay`. */
  readonly file: string | undefined;
  /** Flags of start. */
  readonly rest: readonly string[];
}

export const FLAGS_HELP = `  --to NUMBER         call it as a phone; left out: a session with the agent itself
  --server HOST:PORT  with --to: where the bridge is (default 127.0.0.1:5060)
  --user NAME         with --to: (default agent001)
  --password SECRET   with --to: answers a digest challenge
  --seconds N         how long it lasts
  --json              one JSON object instead of text
  -h, --help          this text
  and the flags of start that say which agent: --agent, --agent-query, --dialect, --agent-output, --config.
  Without any of them, and without a bridge.yaml, it is the built-in demo agent.

Exit codes: 0 the agent was heard, 1 unexpected error, 2 bad flag, file or configuration, 4 no agent or
no answer, 5 connected, but nothing was heard, 130 ended by Ctrl-C (what there is by then is kept).
`;

/** @throws BridgeError BAD_FLAG */
export function parseTalk(argv: readonly string[]): TalkOptions | 'help' {
  const values: Partial<Record<ValueFlag, string>> = {};
  const rest: string[] = [];
  const given = new Set<string>();
  let file: string | undefined;
  const queue = [...argv];
  if (queue[0] !== undefined && !queue[0].startsWith('-')) file = queue.shift();
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [, name = '', inline] = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const flag = VALUES.find((known) => known === name);
    if (flag !== undefined) {
      const value = inline ?? queue.shift();
      if (value === undefined || value === '') {
        throw new BridgeError('BAD_FLAG', `--${flag} needs a value. See --help.`);
      }
      values[flag] = value;
    } else if (SWITCHES.some((known) => known === name)) given.add(name);
    else if (word === '-h') given.add('help');
    else rest.push(word);
  }
  if (given.has('help')) return 'help';
  return {
    to: values.to,
    server: serverOf(values.server ?? '127.0.0.1:5060'),
    user: values.user ?? 'agent001',
    password: values.password,
    seconds: values.seconds === undefined ? undefined : secondsOf(values.seconds),
    out: values.out,
    play: values.play,
    json: given.has('json'),
    file,
    rest,
  };
}

function serverOf(text: string): { host: string; port: number } {
  const { groups } = /^(?<host>[^\s:/@]+)(?::(?<port>\d{1,5}))?$/.exec(text) ?? {};
  const port = Number(groups?.['port'] ?? 5060);
  const host = groups?.['host'];
  if (host === undefined || port < 1 || port > 65_535) {
    throw badFlag('--server', text, 'HOST or HOST:PORT, e.g. 127.0.0.1:5060');
  }
  return { host, port };
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw badFlag('--seconds', text, 'a number up to 3600');
}
