/** The command line of `npm run agent` → typed options, or a BAD_FLAG that names what is wrong. */
import { parseArgs } from 'node:util';
import type { DialectName } from '../common/api.ts';
import { badFlag, BridgeError, messageOf } from '../common/errors.ts';
import { DIALECT_NAMES, isDialectName } from './dialects/registry.ts';
import type { Tts } from './endpoint/types.ts';
import { MODES } from './modes/registry.ts';
import type { Mode } from './modes/types.ts';

export interface AgentOptions {
  readonly mode: string;
  readonly run: Mode;
  readonly host: string;
  readonly port: number;
  readonly dialect: DialectName;
  readonly tts: Tts;
  /** Folder for what is received and sent. */
  readonly record?: string;
}

const FLAGS = {
  mode: { type: 'string', default: 'demo' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8000' },
  dialect: { type: 'string', default: 'talky' },
  tts: { type: 'string', default: 's16le@16000' },
  record: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const RATES = [8000, 16_000, 24_000, 48_000];

export const HELP = `Usage: npm run agent -- [flags]

A voice agent to try the bridge with: well-behaved, or with the one fault you want to see.

  --mode NAME      what it does (default demo)
${[...MODES].map(([name, { about }]) => `                     ${name.padEnd(10)} ${about}`).join('\n')}
  --dialect NAME   how it is spoken to (default talky):
                     ${DIALECT_NAMES.join(', ')}
  --tts ENC@HZ     what its voice comes as: s16le or f32le at ${RATES.join(', ')}
                   (default s16le@16000; fixed in twilio-media-streams)
  --port N         where it listens (default 8000; 0 = any free one)
  --host ADDRESS   (default 127.0.0.1)
  --record DIR     keep what it receives and sends, as WAV and NDJSON
  --json           a JSON object a line: ready, and what happens in calls
  -h, --help       this text

Exit codes: 0 stopped by Ctrl-C, 1 it cannot listen, 2 a flag is not understood.
`;

/** @throws BridgeError BAD_FLAG */
export function parseAgentOptions(argv: readonly string[]): AgentOptions | 'help' {
  let values;
  try {
    ({ values } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: false }));
  } catch (error) {
    throw new BridgeError('BAD_FLAG', `${messageOf(error)}. See --help.`);
  }
  if (values.help) return 'help';
  const { mode, host, dialect } = values;
  const run = MODES.get(mode)?.run;
  if (run === undefined) throw badFlag('--mode', mode, `one of ${[...MODES.keys()].join(', ')}`);
  if (!isDialectName(dialect)) {
    throw badFlag('--dialect', dialect, `one of ${DIALECT_NAMES.join(', ')}`);
  }
  return {
    mode,
    run,
    host,
    port: portOf(values.port),
    dialect,
    tts: ttsOf(values.tts),
    ...(values.record !== undefined && { record: values.record }),
  };
}

function portOf(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
  if (!(port <= 65_535)) throw badFlag('--port', value, 'a port from 0 to 65535');
  return port;
}

function ttsOf(value: string): Tts {
  const [, encoding, rate] = /^(s16le|f32le)(?:@(\d+))?$/.exec(value) ?? [];
  const sampleRate = Number(rate ?? 16_000);
  if ((encoding !== 's16le' && encoding !== 'f32le') || !RATES.includes(sampleRate)) {
    throw badFlag('--tts', value, `s16le or f32le, with @ and one of ${RATES.join(', ')}`);
  }
  return { encoding, sampleRate };
}
