/**
 * `npm run bench`: runs the suites one after the other (two at a time would measure each other) and
 * prints their figures beside the goals. Phone and agent live in this process, so that every
 * latency is the difference of two readings of one clock.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, type } from 'node:os';
import { BridgeError, lineOf, messageOf } from '../../common/errors.ts';
import { BridgeProcess } from '../support/bridge-process.ts';
import { help, parseBenchOptions, type BenchOptions } from './options.ts';
import type { Figure } from './result.ts';
import { SUITES } from './suites.ts';
import { table } from './table.ts';

async function main(argv: readonly string[]): Promise<number> {
  const names = SUITES.map(({ name }) => name);
  const onRequest = SUITES.filter((suite) => suite.onlyOnRequest).map(({ name }) => name);
  const options = parseBenchOptions(argv, names, onRequest);
  if (options === 'help') {
    process.stdout.write(help(new Map(SUITES.map(({ name, what }) => [name, what]))));
    return 0;
  }
  process.stdout.write(`${machine()}\n`);
  const began = performance.now();
  const { figures, notes, failed } = await measure(options);
  const took = Math.round((performance.now() - began) / 1000);
  process.stdout.write(table(figures));
  for (const note of notes) process.stdout.write(`\n${note}\n`);
  const judged = figures.filter(({ ok }) => ok !== null);
  const missed = judged.filter(({ ok }) => ok === false);
  process.stdout.write(
    `\n${judged.length - missed.length} of ${judged.length} goals reached in ${took} s. ${machine()}\n`,
  );
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  }
  return failed ? 1 : 0;
}

async function measure({ suites, ...options }: BenchOptions) {
  const figures: Figure[] = [];
  const notes = new Set<string>();
  let failed = false;
  const began = performance.now();
  const say = (step: string) => {
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stderr.write(`${String(seconds).padStart(4)} s  ${step}\n`);
  };
  // A page that has to be built first is built inside the bridge, which would be weighed with it.
  say('starting the bridge once, so that the page is built');
  await (await BridgeProcess.start({})).stop();
  for (const suite of SUITES.filter(({ name }) => suites.includes(name))) {
    say(suite.name);
    try {
      await suite.run(
        { ...options, say: (step) => say(`  ${step}`), note: (reason) => notes.add(reason) },
        (figure) => figures.push(figure),
      );
    } catch (error) {
      failed = true;
      notes.add(`${suite.name} failed: ${messageOf(error)}`);
    }
  }
  return { figures, notes, failed };
}

function machine(): string {
  const [cpu] = cpus();
  const load = loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
  return `${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}, ${type()} ${release()}, Node ${process.version}, load ${load}`;
}

const exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  return error instanceof BridgeError && error.code === 'BAD_FLAG' ? 2 : 1;
});
// A closed node-datachannel track still holds the event loop, and its cleanup() can crash.
process.stdout.write('', () => process.exit(exitCode));
