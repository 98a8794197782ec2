#!/usr/bin/env node
/** `npm start`: reads the flags, starts the bridge, says where it is, and stops it cleanly. */
import { BridgeError, messageOf } from '../common/errors.ts';
import { banner } from './banner.ts';
import { startBridge } from './bridge.ts';
import { consoleLog } from './log.ts';
import { HELP, parseOptions } from './options.ts';

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const bridge = await startBridge(options, consoleLog(options.verbose ? 'debug' : 'info'));
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
  process.exitCode = error instanceof BridgeError && error.code === 'BAD_FLAG' ? 2 : 1;
});
