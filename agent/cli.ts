/** `npm run agent`: a built-in agent from the command line, until Ctrl-C. */
import { isMisuse, lineOf } from '../common/errors.ts';
import { HELP, parseAgentOptions, type AgentOptions } from './cli-options.ts';
import { startModeAgent } from './mode-agent.ts';

export interface AgentIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Stops the agent; Ctrl-C when left out. */
  readonly interrupt?: AbortSignal;
}

/** @returns the exit code: 0, 1 when it cannot listen, 2 for flags that are not understood. */
export async function runAgent(argv: readonly string[], io: AgentIo): Promise<number> {
  const json = argv.includes('--json');
  const say = (line: string) =>
    io.stdout.write(json ? `${JSON.stringify({ type: 'call', text: line })}\n` : `${line}\n`);
  try {
    const options = parseAgentOptions(argv);
    if (options === 'help') {
      io.stdout.write(HELP);
      return 0;
    }
    const agent = await startModeAgent(options, say);
    if (json) {
      const { mode, dialect } = options;
      io.stdout.write(`${JSON.stringify({ type: 'ready', url: agent.url, mode, dialect })}\n`);
    } else {
      say(`The ${options.mode} agent waits for calls. In another terminal:`);
      say(`  npm start -- --agent ${agent.url}${bridgeFlags(options)}`);
      say('Ctrl-C stops it.');
    }
    await interrupted(io.interrupt);
    await agent.close();
    return 0;
  } catch (error) {
    io.stderr.write(`${lineOf(error)}\n`);
    return isMisuse(error) ? 2 : 1;
  }
}

/** What the bridge must be told, where it differs from its defaults. */
function bridgeFlags({ dialect, tts }: AgentOptions): string {
  const isFixed = dialect === 'twilio-media-streams' || dialect === 'talky-ready';
  const output =
    tts.sampleRate === 16_000 || isFixed ? '' : ` --agent-output auto@${tts.sampleRate}`;
  return `${dialect === 'talky' ? '' : ` --dialect ${dialect}`}${output}`;
}

function interrupted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => resolve();
    if (signal === undefined) {
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
    } else if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
