/**
 * The command line of `dial`, read into what the softphone needs. Everything that is not understood
 * is a BAD_FLAG with the flag's name and what it takes.
 */
import { parseArgs } from 'node:util';
import { BridgeError, messageOf } from '../common/errors.ts';
import type { Codec } from './sdp.ts';

export const USAGE = `Usage: npm run dial -- --to <extension> [options]

Registers, calls, plays a WAV file, records what it hears, hangs up.

  --to <number>          extension or sip: URI to dial (required)
  --play <file.wav>      what to say; any rate and channel count; silence after its end
  --record <file.wav>    where to write what was heard, from answer to hang-up
  --seconds <n>          hang up this long after the answer (default: the length of --play, else 10)
  --server <host:port>   the bridge (default 127.0.0.1:5060)
  --transport <udp|tcp>  (default udp)
  --user <name>          (default agent001)
  --password <secret>    answers a digest challenge; none by default
  --codec <name>         pcmu, pcma or both (default pcmu)
  --no-register          call without registering first
  --json                 print one JSON object instead of text
  --help                 this text

Exit codes: 0 answered and audio went both ways, 1 unexpected error, 2 bad flag or file,
3 not registered, 4 not answered, 5 answered but no audio.
`;

export interface DialOptions {
  readonly to: string;
  readonly play: string | undefined;
  readonly record: string | undefined;
  readonly seconds: number | undefined;
  readonly server: { readonly host: string; readonly port: number };
  readonly transport: 'udp' | 'tcp';
  readonly user: string;
  readonly password: string | undefined;
  readonly codecs: readonly Codec[];
  readonly register: boolean;
  readonly json: boolean;
}

/** `'help'` when that is what was asked for. */
export function parseDialOptions(argv: readonly string[]): DialOptions | 'help' {
  const values = parse(argv);
  if (values.help) return 'help';
  if (values.to === undefined || values.to === '') {
    throw badFlag('--to is missing: which extension shall be dialled? For example --to 1000.');
  }
  return {
    to: values.to,
    play: values.play,
    record: values.record,
    seconds: parseSeconds(values.seconds),
    server: parseServer(values.server),
    transport: oneOf('--transport', values.transport, ['udp', 'tcp']),
    user: parseUser(values.user),
    password: values.password,
    codecs: CODECS[oneOf('--codec', values.codec, ['pcmu', 'pcma', 'both'])],
    register: !values['no-register'],
    json: values.json,
  };
}

/** In the order offered: MicroSIP puts PCMA first. */
const CODECS: Readonly<Record<'pcmu' | 'pcma' | 'both', readonly Codec[]>> = {
  pcmu: ['pcmu'],
  pcma: ['pcma'],
  both: ['pcma', 'pcmu'],
};

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        to: { type: 'string' },
        play: { type: 'string' },
        record: { type: 'string' },
        seconds: { type: 'string' },
        server: { type: 'string', default: '127.0.0.1:5060' },
        transport: { type: 'string', default: 'udp' },
        user: { type: 'string', default: 'agent001' },
        password: { type: 'string' },
        codec: { type: 'string', default: 'pcmu' },
        'no-register': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw badFlag(`${messageOf(error).split('. ')[0] ?? ''}. See --help.`);
  }
}

function parseSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = text.trim() === '' ? NaN : Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw badFlag(`--seconds takes a number from 0 to 86400, not "${text}".`);
  }
  return seconds;
}

function parseServer(text: string): { host: string; port: number } {
  const match = /^([^\s:/@]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? 5060);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw badFlag(`--server takes host or host:port, for example 127.0.0.1:5060, not "${text}".`);
  }
  return { host: match[1], port };
}

function parseUser(text: string): string {
  if (!/^[\w.!~*'()&=+$,;?/%-]+$/.test(text)) {
    throw badFlag(`--user takes the name before the @, for example agent001, not "${text}".`);
  }
  return text;
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value.toLowerCase());
  if (found === undefined) throw badFlag(`${flag} takes ${allowed.join(' or ')}, not "${value}".`);
  return found;
}

function badFlag(message: string): BridgeError {
  return new BridgeError('BAD_FLAG', message);
}
