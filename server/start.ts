/** The bridge in a terminal, with its keys and signals; loaded by main.ts. */
import { isMisuse, lineOf } from '../common/errors.ts';
import { HELP } from './config/flags.ts';
import { loadConfig, type ConfigSource } from './config/load.ts';
import { listenForKeys, type Keys } from './keys.ts';
import { startIsOver } from './new-space.ts';
import { Run } from './run.ts';

/** Whoever stops it waits for less than 3 s, whatever a part that hangs would like. */
const STOP_MS = 2700;

const json = process.argv.includes('--json');
const source: ConfigSource = {
  argv: process.argv.slice(2).filter((argument) => argument !== '--json'),
  environment: process.env,
  folder: process.cwd(),
};

async function main(): Promise<void> {
  const loaded = loadConfig(source);
  if (loaded === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const run = new Run(source, process.stdout, json);
  await run.start(loaded);
  startIsOver();
  let keys: Keys | undefined = undefined;
  const stop = () => {
    // A second Ctrl-C does not wait for goodbyes.
    process.once('SIGINT', () => process.exit(130));
    keys?.close();
    setTimeout(() => {
      process.stderr.write('Not everything was closed in time; stopped all the same.\n');
      process.exit(0);
    }, STOP_MS).unref();
    void run.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Windows has no such signal; there the file is watched all the same.
  process.on('SIGHUP', () => run.reload());
  if (json) return;
  keys = listenForKeys(process.stdin, process.stdout, {
    o: { what: 'open the page', do: () => run.openPage() },
    d: { what: 'dial the demo call', do: () => run.dial() },
    r: { what: 'restart, reading the configuration anew', do: () => run.restart() },
    q: { what: 'quit', do: stop },
  });
}

main().catch((error: unknown) => {
  if (json) process.stdout.write(`${JSON.stringify({ ready: false, error: lineOf(error) })}\n`);
  process.stderr.write(`${lineOf(error)}\n`);
  process.exitCode = isMisuse(error) ? 2 : 1;
});
