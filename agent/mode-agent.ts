/** An agent of one mode: a server that runs that mode on every call it is sent. */
import type { WebSocket } from 'ws';
import { silent } from '../common/log.ts';
import type { AgentOptions } from './cli-options.ts';
import { Line } from './endpoint/line.ts';
import { endpointOf } from './endpoint/registry.ts';
import { startAgentServer, type AgentServer } from './endpoint/server.ts';

export async function startModeAgent(
  options: Pick<AgentOptions, 'run' | 'host' | 'port' | 'dialect' | 'tts'>,
  tell: (sentence: string) => void = () => undefined,
): Promise<AgentServer> {
  const { run, host, port, dialect, tts } = options;
  const open = new Set<Line>();
  let calls = 0;

  const accept = (socket: WebSocket, id: string) => {
    const call = `call ${(calls += 1)}`;
    const endpoint = endpointOf(dialect, id, tts);
    let stop: (() => void) | undefined;
    const begin = () => {
      stop ??= run({ line, tell: (sentence) => tell(`${call}: ${sentence}`) });
    };
    const line = new Line(socket, {
      id,
      endpoint,
      log: silent,
      onStarted: begin,
      onClosed: () => {
        stop?.();
        open.delete(line);
        const { code = 0 } = line.closed ?? {};
        tell(`${call}: closed with ${code} after ${line.saidBytes} bytes of answer`);
      },
    });
    open.add(line);
    tell(`${call}: ${id === '' ? 'connected' : id}`);
    if (!endpoint.waitsForStart) begin();
  };
  const goodbye = () => {
    for (const line of open) {
      line.tell({ type: 'call_ended', outcome: 'agent_stopped' });
      line.close(1001, 'agent_stopped');
    }
  };
  return startAgentServer({ host, port, accept, goodbye });
}
