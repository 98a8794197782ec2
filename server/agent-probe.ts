/**
 * Whether something listens where an agent is said to be. Asked with a TCP connection only: a
 * WebSocket would start a session there.
 */
import { connect } from 'node:net';
import type { PartStatus } from '../common/api.ts';

const PROBE_TIMEOUT_MS = 2000;

/** @returns undefined when something listens at all of them, else what is wrong with the first. */
export async function probe(urls: readonly string[]): Promise<PartStatus['problem']> {
  const problems = await Promise.all(urls.map(probeOne));
  return problems.find((problem) => problem !== undefined);
}

function probeOne(url: string): Promise<PartStatus['problem']> {
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port) || (protocol === 'wss:' ? 443 : 80);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: number });
    const finish = (why?: string) => {
      socket.destroy();
      resolve(
        why === undefined
          ? undefined
          : {
              code: 'AGENT_UNREACHABLE',
              message: `Nothing answers at ${hostname}:${number} (${why}). Start the agent, or check --agent.`,
            },
      );
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish('no answer'));
    socket.on('connect', () => finish());
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}
