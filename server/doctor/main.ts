#!/usr/bin/env node
/** `npm run doctor`: looks at this machine and the configuration, and says what stands in the way. */
import { styleText } from 'node:util';
import { BridgeError, isMisuse, messageOf } from '../../common/errors.ts';
import { hasColours } from '../colours.ts';
import { loadConfig } from '../config/load.ts';
import { optionsOf } from '../options.ts';
import { examine } from './doctor.ts';
import type { Finding } from './finding.ts';
import { fixPorts } from './fix.ts';
import { thisMachine } from './surroundings.ts';

const HELP = `Usage: npm run doctor -- [--json] [--fix] [flags of start]

Checks Node, the ports, the addresses, the browser, the agent and the engines of the configuration, and says
for each what is wrong and what to do. --fix writes free ports into bridge.yaml where one is taken.

Exit codes: 0 nothing stands in the way, 1 something does, 2 the configuration is wrong.
`;

const MARK = { pass: ['✓', 'green'], warn: ['!', 'yellow'], fail: ['✗', 'red'] } as const;

function text({ check, result, code, message, todo }: Finding): string {
  const [mark, colour] = MARK[result];
  const paint = (style: Parameters<typeof styleText>[0], part: string) =>
    hasColours(process.stdout) ? styleText(style, part) : part;
  const head = `${paint(colour, mark)} ${check.padEnd(13)} ${message}`;
  if (code === undefined) return `${head}\n`;
  return `${head} ${paint('gray', code)}\n${' '.repeat(16)}→ ${todo ?? ''}\n`;
}

async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  const fix = argv.includes('--fix');
  const loaded = loadConfig({
    argv: argv.filter((argument) => argument !== '--json' && argument !== '--fix'),
    environment: process.env,
    folder: process.cwd(),
  });
  if (loaded === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const options = optionsOf(loaded.config);
  // It takes a second or two, most of it waiting for answers.
  const isWatched = process.stderr.isTTY && !json;
  if (isWatched) process.stderr.write('Looking at this machine …');
  const findings = await examine(options, thisMachine());
  if (isWatched) process.stderr.write('\r\u001b[K');
  const fixed = fix ? await fixPorts(options, findings, loaded.file) : [];
  const ok = findings.every(({ result }) => result !== 'fail');
  if (json) process.stdout.write(`${JSON.stringify({ ok, findings, fixed })}\n`);
  else
    process.stdout.write([...findings.map(text), ...fixed.map((line) => `✓ ${line}\n`)].join(''));
  return ok ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const code = error instanceof BridgeError ? error.code : undefined;
  if (process.argv.includes('--json')) {
    const finding = { check: 'Configuration', result: 'fail', code, message: messageOf(error) };
    process.stdout.write(`${JSON.stringify({ ok: false, findings: [finding], fixed: [] })}\n`);
  }
  process.stderr.write(`${code === undefined ? '' : `${code}: `}${messageOf(error)}\n`);
  return isMisuse(error) ? 2 : 1;
});
