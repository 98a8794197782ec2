/** `npm run demo`: shows the main job on this machine, and says with numbers whether it works. */
import { styleText } from 'node:util';
import { BridgeError, isMisuse, lineOf } from '../../common/errors.ts';
import { hasColours } from '../colours.ts';
import { consoleLog } from '../log.ts';
import { Interrupted, runDemo, type DemoReport } from './demo.ts';
import type { Heard } from './measure.ts';

const HELP = `Usage: npm run demo -- [--json] [--verbose]

Starts everything on free ports, opens the page in an installed Chrome, Chromium or Edge
(headless), dials it with the project's softphone and compares what each side heard with what
the other said.

  --json         one JSON object instead of text
  -v, --verbose  log for developers of the bridge
  -h, --help     this text

Exit codes: 0 voice really crossed both ways, 1 it did not, 2 a flag is not understood, 130 ended by Ctrl-C.
`;

const FLAGS = ['--json', '--verbose', '-v', '--help', '-h'];

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = argv.find((argument) => !FLAGS.includes(argument));
  if (unknown !== undefined) {
    throw new BridgeError('BAD_FLAG', `demo does not know ${unknown}. See --help.`);
  }
  const json = argv.includes('--json');
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const report = await runDemo({
    signal: stop.signal,
    log: consoleLog(argv.includes('--verbose') || argv.includes('-v') ? 'debug' : 'warn'),
    say: (step) => {
      if (!json) process.stdout.write(`${step}\n`);
    },
  });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : text(report));
  return report.ok ? 0 : 1;
}

function text({ ok, callerToAgent: up, agentToCaller: down, errors }: DemoReport): string {
  const side = (name: string, { correlation, snrDb, latencyMs }: Heard) =>
    `${name.padEnd(15)} correlation ${correlation}, SNR ${snrDb} dB, latency p50 ${latencyMs.p50} ms, p95 ${latencyMs.p95} ms (n=${latencyMs.n})\n`;
  const verdict = ok ? 'Voice crossed both ways.' : errors.join('\n');
  return (
    `\n${side('caller → agent', up)}${side('agent → caller', down)}` +
    `${String(up.frames)} frames reached the agent, ${String(up.framesPerSecond)} a second\n\n` +
    `${hasColours(process.stdout) ? styleText(ok ? 'green' : 'red', verdict) : verdict}\n`
  );
}

// Nothing may be left that keeps the process alive: a leak would show as a hang here.
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ ok: false, errors: [lineOf(error)] })}\n`);
  }
  if (error instanceof Interrupted) return 130;
  return isMisuse(error) ? 2 : 1;
});
