/** An agent of one mode: a server that runs that mode on every call it is sent. */
import type { WebSocket } from 'ws';
import { messageOf } from '../common/errors.ts';
import { silent } from '../common/log.ts';
import type { AgentOptions } from './cli-options.ts';
import { loadGreeting } from './demo/greeting.ts';
import { Line } from './endpoint/line.ts';
import { endpointOf } from './endpoint/registry.ts';
import { startAgentServer, type AgentServer } from './endpoint/server.ts';
import { CallRecorder } from './recorder.ts';

export async function startModeAgent(
  options: Pick<AgentOptions, 'run' | 'host' | 'port' | 'dialect' | 'tts'> &
    Partial<Pick<AgentOptions, 'record'>>,
  tell: (sentence: string) => void = () => undefined,
): Promise<AgentServer> {
  const { run, host, port, dialect, tts, record } = options;
  const greeting = await loadGreeting();
  const saving = new Set<Promise<void>>();
  const connections = new Map<string, number>();
  const open = new Set<Line>();
  let calls = 0;

  const accept = (socket: WebSocket, id: string) => {
    const call = `call ${(calls += 1)}`;
    const endpoint = endpointOf(dialect, id, tts);
    let stop: (() => void) | undefined;
    const connection = (connections.get(id) ?? 0) + 1;
    if (record !== undefined) connections.set(id, connection);
    const tap =
      record === undefined
        ? undefined
        : new CallRecorder({
            folder: record,
            callId: id,
            connection,
            inputRate: endpoint.sampleRate,
            output: endpoint.output,
            now: () => performance.now(),
          });
    const begin = () => {
      stop ??= run({ line, greeting, tell: (sentence) => tell(`${call}: ${sentence}`) });
    };
    const line = new Line(socket, {
      id,
      endpoint,
      log: silent,
      tap,
      onStarted: begin,
      onClosed: () => {
        stop?.();
        open.delete(line);
        const { code = 0 } = line.closed ?? {};
        if (tap !== undefined) keep(tap, call);
        tell(`${call}: closed with ${code} after ${line.saidBytes} bytes of answer`);
      },
    });
    open.add(line);
    tell(`${call}: ${id === '' ? 'connected' : id}`);
    if (!endpoint.waitsForStart) begin();
  };
  const keep = (tap: CallRecorder, call: string) => {
    const saved = tap.save().then(
      (path) => tell(`${call}: recorded as ${path}-….wav and ${path}.ndjson`),
      (thrown: unknown) => tell(`${call}: not recorded: ${messageOf(thrown)}`),
    );
    saving.add(saved);
    void saved.finally(() => saving.delete(saved));
  };
  const goodbye = () => {
    for (const line of open) {
      line.tell({ type: 'call_ended', outcome: 'agent_stopped' });
      line.close(1001, 'agent_stopped');
    }
  };
  const server = await startAgentServer({ host, port, accept, goodbye });
  return {
    ...server,
    close: async () => {
      await server.close();
      await Promise.all(saving);
    },
  };
}
