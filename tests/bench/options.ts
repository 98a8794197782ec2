/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import { BridgeError, messageOf } from '../../common/errors.ts';
import type { EngineName } from './result.ts';

export interface BenchOptions {
  /** In the order of the registry. */
  readonly suites: readonly string[];
  readonly engines: readonly EngineName[];
  /** How long a measurement that goes by time lasts. */
  readonly seconds: number;
  /** How many calls the suites that go by calls make; undefined = their own number. */
  readonly calls?: number;
  readonly json?: string;
}

export function help(suites: ReadonlyMap<string, string>): string {
  const rows = [...suites].map(([name, what]) => `    ${name.padEnd(12)}${what}\n`).join('');
  return `Usage: npm run bench -- [flags]

Measures the bridge on this machine, the embedded and the real media engine side by side, and says
which goals the figures reach. A missed goal is no error: the exit code is 0 when all was measured.

  --only SUITE,SUITE      some of the suites only (default: all that fit into five minutes)
${rows}  --engine NAME           embedded, rtpengine or both (default both, as far as installed)
  --seconds N             length of each measurement that goes by time (default 10)
  --calls N               calls of each measurement that goes by calls
  --json FILE             the figures, as an array of objects
  -h, --help              this text
`;
}

/** @throws BridgeError BAD_FLAG */
export function parseBenchOptions(
  argv: readonly string[],
  known: readonly string[],
  onRequest: readonly string[] = [],
): BenchOptions | 'help' {
  const values = parse(argv);
  if (values.help) return 'help';
  const only = values.only?.split(',').map((name) => name.trim());
  const stranger = only?.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw bad(`--only ${stranger}: there is no such suite. There are: ${known.join(', ')}.`);
  }
  return {
    suites: known.filter((name) => only?.includes(name) ?? !onRequest.includes(name)),
    engines: enginesOf(values.engine),
    seconds: numberOf('--seconds', values.seconds, 600),
    ...(values.calls !== undefined && { calls: numberOf('--calls', values.calls, 100_000) }),
    ...(values.json !== undefined && { json: values.json }),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        engine: { type: 'string', default: 'both' },
        seconds: { type: 'string', default: '10' },
        calls: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw bad(`${messageOf(error).split('. ')[0] ?? ''}. See --help.`);
  }
}

function enginesOf(text: string): readonly EngineName[] {
  if (text === 'both') return ['embedded', 'rtpengine'];
  if (text === 'embedded' || text === 'rtpengine') return [text];
  throw bad(`--engine takes embedded, rtpengine or both, not "${text}".`);
}

function numberOf(flag: string, text: string, max: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > max) throw bad(`${flag} takes a number from 1 to ${max}.`);
  return number;
}

function bad(message: string): BridgeError {
  return new BridgeError('BAD_FLAG', message);
}
