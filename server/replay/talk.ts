/**
 * `record` and `replay`: a caller's voice is sent, as a phone call or straight into a session with the
 * agent, and what comes of it is kept, measured, and compared with how it was before.
 */
import { randomUUID } from 'node:crypto';
import { startDemoAgent } from '../../agent/demo/demo-agent.ts';
import { loadGreeting } from '../../agent/demo/greeting.ts';
import { BridgeError, isMisuse, messageOf } from '../../common/errors.ts';
import { silent } from '../../common/log.ts';
import { Agents, callUuidOf } from '../agents.ts';
import { loadConfig } from '../config/load.ts';
import { optionsOf } from '../options.ts';
import { talkToAgent } from './agent-session.ts';
import { isAudible, turnsOf, type Conversation } from './conversation.ts';
import { readRecorded, recordedTurns, saveConversation, type Recorded } from './files.ts';
import { parseTalk, type TalkOptions } from './options.ts';
import { talkByPhone } from './phone-call.ts';
import { Progress } from './progress.ts';
import { EXIT, reportOf, reportText, type Report } from './report.ts';
import { DEMO_CALLER } from '../demo/caller.ts';

export interface TalkIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends it; Ctrl-C when left out. */
  readonly interrupt?: AbortSignal;
}

export interface Command {
  readonly help: string;
  readonly isReplay: boolean;
}

/** The last answer is to be heard as well. */
const FAREWELL_MS = 5000;

/** @returns the exit code */
export async function runTalk(
  { help, isReplay }: Command,
  argv: readonly string[],
  io: TalkIo,
): Promise<number> {
  const json = argv.includes('--json');
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  if (io.interrupt) io.interrupt.addEventListener('abort', onInterrupt, { once: true });
  else process.once('SIGINT', onInterrupt);
  try {
    const options = parseTalk(argv);
    if (options === 'help') {
      io.stdout.write(help);
      return EXIT.worked;
    }
    const report = await talk(options, isReplay, io, stop.signal);
    io.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report, isReplay));
    return report.exitCode;
  } catch (error) {
    const code = error instanceof BridgeError ? error.code : undefined;
    const exitCode = exitCodeOf(error);
    const message = messageOf(error);
    io.stderr.write(`${code === undefined ? '' : `${code}: `}${message}\n`);
    if (json) {
      const failure = { ok: false, exitCode, error: { code: code ?? null, message } };
      io.stdout.write(`${JSON.stringify(failure)}\n`);
    }
    return exitCode;
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    io.interrupt?.removeEventListener('abort', onInterrupt);
  }
}

async function talk(
  options: TalkOptions,
  isReplay: boolean,
  io: TalkIo,
  signal: AbortSignal,
): Promise<Report> {
  const source = sourceOf(options, isReplay);
  const recorded = await readRecorded(source);
  const startedAt = new Date().toISOString();
  const durationMs = durationOf(options, recorded);
  const progress = new Progress(io.stderr, options.json, durationMs);
  const { about, conversation } = await carry(options, recorded, {
    durationMs,
    signal,
    environment: io.environment ?? process.env,
    onProgress: (ms) => progress.at(ms),
  }).finally(() => progress.end());
  const folder = options.out ?? (isReplay ? undefined : 'recordings');
  const name = `${startedAt.slice(0, 19).replaceAll(':', '-')}_${about.callId}`;
  const saved =
    folder === undefined
      ? undefined
      : await saveConversation(folder, { name, startedAt, with: about.with }, conversation);
  return reportOf({
    with: about.with,
    durationMs: (conversation.caller.length * 1000) / conversation.sampleRate,
    turns: turnsOf(conversation),
    original: isReplay && recorded.agent ? recordedTurns(recorded) : undefined,
    saved,
    heard: isAudible(conversation.agent),
    interrupted: signal.aborted,
  });
}

/** @throws BridgeError BAD_FLAG */
function sourceOf({ file, play }: TalkOptions, isReplay: boolean): string {
  if (isReplay) {
    if (file !== undefined) return file;
    throw new BridgeError('BAD_FLAG', 'Which recording? For example: replay call.wav. See --help.');
  }
  if (file === undefined) return play ?? DEMO_CALLER;
  throw new BridgeError('BAD_FLAG', `record takes no file; did you mean --play ${file}?`);
}

/** As long as it was, and until the last answer has been heard. */
function durationOf({ seconds }: TalkOptions, { caller, agent, sampleRate }: Recorded): number {
  if (seconds !== undefined) return seconds * 1000;
  const spokenMs = (endOfSpeech(caller) * 1000) / sampleRate;
  const wholeMs = (Math.max(caller.length, agent?.length ?? 0) * 1000) / sampleRate;
  return Math.max(wholeMs, spokenMs + FAREWELL_MS);
}

function endOfSpeech(samples: Int16Array): number {
  return samples.findLastIndex((sample) => Math.abs(sample) > 200) + 1;
}

interface Carrying {
  readonly durationMs: number;
  readonly signal: AbortSignal;
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress: (ms: number) => void;
}

interface Carried {
  readonly about: { readonly callId: string; readonly with: string };
  readonly conversation: Conversation;
}

async function carry(
  options: TalkOptions,
  { caller: samples, sampleRate }: Recorded,
  { durationMs, signal, environment, onProgress }: Carrying,
): Promise<Carried> {
  const voice = { samples, sampleRate };
  const common = { voice, durationMs, signal, onProgress };
  const loaded = loadConfig({ argv: options.rest, environment, folder: process.cwd() });
  if (loaded === 'help') throw new BridgeError('BAD_FLAG', 'See --help.');
  const { to, server, user, password } = options;
  if (to !== undefined) {
    const conversation = await talkByPhone({ ...common, to, server, user, password });
    return { about: { callId: conversation.callId, with: to }, conversation };
  }
  const bridge = optionsOf(loaded.config);
  const demo = bridge.agent
    ? undefined
    : await startDemoAgent({
        host: '127.0.0.1',
        port: 0,
        log: silent,
        greeting: await loadGreeting(),
      });
  try {
    const agent = new Agents(bridge, demo?.url).default;
    const callId = randomUUID();
    const facts = { caller: user, dialled: 'replay', phone: user, extension: 'default' };
    const target = agent.targetFor({ callId, callUuid: callUuidOf(callId), ...facts });
    const conversation = await talkToAgent({ ...common, callId, target, settings: agent.settings });
    return { about: { callId, with: demo ? 'demo' : agent.url }, conversation };
  } finally {
    await demo?.close();
  }
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof BridgeError)) return EXIT.unexpected;
  if (isMisuse(error) || error.code === 'BAD_WAV' || error.code === 'BAD_BUNDLE')
    return EXIT.misuse;
  return EXIT.notConnected;
}
