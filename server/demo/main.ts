/** `npm run demo`: shows the main job on this machine, and says with numbers whether it works. */
import { styleText } from 'node:util';
import { lineOf } from '../../common/errors.ts';
import { consoleLog } from '../log.ts';
import { runDemo, type DemoReport } from './demo.ts';
import type { Heard } from './measure.ts';

const HELP = `Usage: npm run demo -- [--json] [--verbose]

Starts everything on free ports, opens the page in an installed Chrome, Chromium or Edge
(headless), dials it with the project's softphone and compares what each side heard with what
the other said. Exit code 0 only if voice really crossed both ways.
`;

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const json = argv.includes('--json');
  const report = await runDemo({
    log: consoleLog(argv.includes('--verbose') ? 'debug' : 'warn'),
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
    `${process.stdout.isTTY ? styleText(ok ? 'green' : 'red', verdict) : verdict}\n`
  );
}

// Nothing may be left that keeps the process alive: a leak would show as a hang here.
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ ok: false, errors: [lineOf(error)] })}\n`);
  }
  return 1;
});
