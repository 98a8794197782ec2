/**
 * The agent the bridge talks to: where it is, how it is addressed, and whether it answers. Whether
 * it is reachable is asked with a TCP connection only: a WebSocket would start a session there.
 */
import { connect } from 'node:net';
import { dialectOf } from '../agent/dialects/registry.ts';
import type { AgentProfile, PartStatus } from '../common/api.ts';
import type { BridgeOptions } from './options.ts';

const PROBE_TIMEOUT_MS = 2000;

export interface Agent {
  readonly url: string;
  readonly profile: AgentProfile;
  /** The address for one call. */
  readonly urlFor: (id: string) => string;
}

/** @param demoUrl the built-in agent's address, used when no other agent is configured. */
export function agentOf(options: BridgeOptions, demoUrl: string | undefined): Agent {
  const url = options.agent?.url ?? demoUrl ?? '';
  const query = options.agent?.query ?? 'tenant_id=demo&campaign_id=demo&lead_id=demo';
  const dialect = dialectOf(options.agent?.dialect ?? 'talky');
  return {
    url,
    urlFor: (id) => `${dialect.urlFor(url, id)}${query ? `?${query}` : ''}`,
    profile: {
      path: '/ws/voice',
      name: options.agent ? url : 'demo',
      dialect: dialect.name,
      input: { sampleRate: dialect.input.sampleRate, frameMs: 20 },
      output: dialect.output ?? options.agentOutput,
    },
  };
}

/** @returns undefined when something listens there, else what is wrong. */
export function probe(url: string): Promise<PartStatus['problem']> {
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
