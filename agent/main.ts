/** The process around the command line: its streams and its exit code. */
import { runAgent } from './cli.ts';

process.exitCode = await runAgent(process.argv.slice(2), process);
