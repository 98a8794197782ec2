/** The process around the command line: its streams and its exit code. */
import { runDial } from './cli.ts';

process.exitCode = await runDial(process.argv.slice(2), process);
