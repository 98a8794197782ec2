#!/usr/bin/env node
/** `npm start`: reads the flags, starts the bridge, says where it is, and stops it cleanly. */
import { BridgeError, isMisuse, messageOf } from '../common/errors.ts';
import { banner } from './banner.ts';
import { startBridge } from './bridge.ts';
import { consoleLog } from './log.ts';
import { HELP } from './config/flags.ts';
import { loadConfig } from './config/load.ts';
import { optionsOf } from './options.ts';

async function main(): Promise<void> {
  const loaded = loadConfig({
    argv: process.argv.slice(2),
    environment: process.env,
    folder: process.cwd(),
  });
  if (loaded === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const options = optionsOf(loaded.config);
  const bridge = await startBridge(options, consoleLog(options.logLevel));
  process.stdout.write(banner(bridge, performance.now(), process.stdout.isTTY));
  const stop = () => {
    // A second Ctrl-C does not wait for goodbyes.
    process.once('SIGINT', () => process.exit(130));
    void bridge.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  const code = error instanceof BridgeError ? `${error.code}: ` : '';
  process.stderr.write(`${code}${messageOf(error)}\n`);
  process.exitCode = isMisuse(error) ? 2 : 1;
});
