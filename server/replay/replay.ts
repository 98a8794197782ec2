#!/usr/bin/env node
/** `npm run replay`: says again what a caller has said, and tells what has become slower. */
import { FLAGS_HELP } from './options.ts';
import { runTalk } from './talk.ts';

const HELP = `Usage: npm run replay -- FILE [flags]

Says what the caller of a recording has said, at the same times, to an agent, straight into a session or (--to) as
a phone that calls; prints how long the caller waited in each turn, beside how long it was in the recording.
FILE is a WAV of "record", a bundle of the page (.zip), or any WAV: its first channel is the caller.

  --out DIR           keep this conversation too, as "record" does
${FLAGS_HELP}`;

process.exitCode = await runTalk({ help: HELP, isReplay: true }, process.argv.slice(2), process);
