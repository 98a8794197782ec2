#!/usr/bin/env node
/** `npm run record`: keeps a conversation with an agent, or a call as a phone makes it. */
import { FLAGS_HELP } from './options.ts';
import { runTalk } from './talk.ts';

const HELP = `Usage: npm run record -- [flags]

Speaks a WAV file to the agent, straight into a session or (--to) as a phone that calls, and keeps both voices as
a stereo WAV, caller left, agent right, with every event and its time beside it as NDJSON. "replay" takes it.

  --play FILE.wav     what the caller says (default: a few sentences that come with the bridge)
  --out DIR           where it is kept (default: recordings)
${FLAGS_HELP}`;

process.exitCode = await runTalk({ help: HELP, isReplay: false }, process.argv.slice(2), process);
