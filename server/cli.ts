#!/usr/bin/env node
/**
 * The installed package's one program, `sip-agent-bridge`: what `npm start`, `npm run dial` and
 * `npm run demo` are in a checkout. Each part reads its own flags, so the command's name is taken
 * out of the way before it is loaded; without a name it is `start`.
 */
const COMMANDS: Readonly<Record<string, () => Promise<unknown>>> = {
  start: () => import('./main.ts'),
  dial: () => import('../softphone/main.ts'),
  agent: () => import('../agent/main.ts'),
  demo: () => import('./demo/main.ts'),
  record: () => import('./replay/record.ts'),
  replay: () => import('./replay/replay.ts'),
  doctor: () => import('./doctor/main.ts'),
  config: () => import('./config/main.ts'),
};

const USAGE = `Usage: sip-agent-bridge [start] [flags]   the bridge
       sip-agent-bridge dial --to N [flags]   a call from the command line
       sip-agent-bridge agent [flags]   an agent to try it with
       sip-agent-bridge demo [flags]   the whole path on this machine, measured
       sip-agent-bridge doctor [flags]   what stands in the way on this machine
       sip-agent-bridge config check|print|init|schema   the configuration
       sip-agent-bridge record [flags]   a conversation with the agent, kept
       sip-agent-bridge replay FILE [flags]   the same again, compared

Each has its own --help. These are the flags of start:

`;

const [name = ''] = process.argv.slice(2);
const command = COMMANDS[name];
if (command) process.argv.splice(2, 1);
else if (name === '--help' || name === '-h') process.stdout.write(USAGE);
else if (name !== '' && !name.startsWith('-')) {
  process.stderr.write(`BAD_FLAG: There is no command ${name}. See --help.\n`);
  process.exit(2);
}
await (command ?? (() => import('./main.ts')))();
