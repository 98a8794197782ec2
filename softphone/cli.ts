/**
 * `npm run dial`: one call from the command line, from REGISTER to a summary and an exit code.
 * Text goes to stdout; with --json exactly one object does. Errors are sentences with a code.
 */
import { lookup } from 'node:dns/promises';
import { BridgeError, messageOf, type ErrorCode } from '../common/errors.ts';
import { localAddressTowards } from '../signaling/sip/local-address.ts';
import { parseDialOptions, USAGE, type DialOptions } from './cli-options.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import { Softphone } from './softphone.ts';
import { EXIT, summarize, summaryText, type Summary } from './summary.ts';
import { readSpeech, writeHeard } from './wav-file.ts';

const SAMPLE_RATE = 8000;
const DEFAULT_SECONDS = 10;
/** A phone rings no longer than this before the caller gives up. */
const RING_MS = 60_000;
/** Gives up on a silent server after 6.4 s instead of the 32 s a person would not wait for. */
const TIMERS = { t1: 100 };

export interface DialIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Hangs up; Ctrl-C when left out. */
  readonly interrupt?: AbortSignal;
}

export async function runDial(argv: string[], io: DialIo): Promise<number> {
  let json = argv.includes('--json');
  try {
    const options = parseDialOptions(argv);
    if (options === 'help') {
      io.stdout.write(USAGE);
      return EXIT.worked;
    }
    ({ json } = options);
    const summary = await dial(options, io);
    io.stdout.write(json ? `${JSON.stringify(summary)}\n` : summaryText(summary));
    return summary.exitCode;
  } catch (error) {
    const exitCode = exitCodeOf(error);
    const code = error instanceof BridgeError ? error.code : undefined;
    const message = messageOf(error);
    io.stderr.write(`${code === undefined ? '' : `${code}: `}${message}\n`);
    if (json)
      io.stdout.write(
        `${JSON.stringify({ ok: false, exitCode, error: { code: code ?? null, message } })}\n`,
      );
    return exitCode;
  }
}

async function dial(options: DialOptions, io: DialIo): Promise<Summary> {
  const play = options.play === undefined ? undefined : await readSpeech(options.play);
  // Better to find out before the call than after it.
  if (options.record !== undefined) await writeHeard(options.record, new Int16Array(0));
  const seconds = options.seconds ?? (play ? play.length / SAMPLE_RATE : DEFAULT_SECONDS);
  const say = (line: string): void => {
    if (!options.json) io.stdout.write(`${line}\n`);
  };

  const server = `${options.server.host}:${options.server.port}`;
  const phone = await Softphone.create({
    server: options.server,
    transport: options.transport,
    user: options.user,
    password: options.password,
    localHost: await localHostTowards(options.server.host),
    timers: TIMERS,
  });
  try {
    if (options.register) {
      await register(phone);
      say(`registered at ${server} as ${options.user}`);
    }
    const call = await phone.call({ to: options.to, play, codecs: options.codecs });
    say(`calling ${options.to}`);
    const summary = await carry(call, seconds, options.record, io.interrupt);
    if (options.record !== undefined) await writeHeard(options.record, call.recording.samples);
    if (options.register) await phone.unregister().catch((error: unknown) => say(messageOf(error)));
    return summary;
  } finally {
    await phone.close();
  }
}

/** From the INVITE to the end of the call. */
async function carry(
  call: OutgoingCall,
  seconds: number,
  record: string | undefined,
  interrupt: AbortSignal | undefined,
): Promise<Summary> {
  const hangup = (): void => void call.hangup();
  let timer = setTimeout(hangup, RING_MS);
  if (interrupt) interrupt.addEventListener('abort', hangup, { once: true });
  else process.once('SIGINT', hangup);
  let outcome: { status?: number; error?: Error };
  try {
    const { status } = await call.answered;
    outcome = { status };
    clearTimeout(timer);
    timer = setTimeout(hangup, seconds * 1000);
  } catch (error) {
    outcome = { error: error instanceof Error ? error : new Error(String(error)) };
  }
  const ending = await call.ended;
  clearTimeout(timer);
  interrupt?.removeEventListener('abort', hangup);
  process.removeListener('SIGINT', hangup);
  return summarize(call, ending, { ...outcome, record });
}

async function register(phone: Softphone): Promise<void> {
  try {
    await phone.register();
  } catch (error) {
    throw new NotRegistered(error);
  }
}

async function localHostTowards(host: string): Promise<string> {
  try {
    return localAddressTowards((await lookup(host, { family: 4 })).address);
  } catch (error) {
    throw new BridgeError(
      'BAD_FLAG',
      `--server: ${host} has no IPv4 address: ${messageOf(error)}.`,
      {
        cause: error,
      },
    );
  }
}

/** The exit code tells a failed registration from a failed call; the error's code tells why. */
class NotRegistered extends BridgeError {
  constructor(cause: unknown) {
    const code: ErrorCode = cause instanceof BridgeError ? cause.code : 'REGISTER_REFUSED';
    super(code, messageOf(cause), { cause });
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof NotRegistered) return EXIT.notRegistered;
  if (!(error instanceof BridgeError)) return EXIT.unexpected;
  return error.code === 'BAD_FLAG' || error.code === 'BAD_WAV' ? EXIT.badFlag : EXIT.notAnswered;
}
