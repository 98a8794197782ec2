/**
 * Which agent a call has, and how it is addressed for that call. A call keeps the agent it began with,
 * whatever the configuration says later.
 */
import type { CallStatus } from '../common/api.ts';
import { Agents, callUuidOf, type Agent, type AgentsOptions, type AgentTarget } from './agents.ts';
import { ReplayFacts } from './replay-facts.ts';

export class CallAgents {
  readonly #demoUrl: string | undefined;
  readonly #calls: () => readonly CallStatus[];
  readonly #ofCall = new Map<string, Agent>();
  readonly #replays = new ReplayFacts();
  #agents: Agents;

  /** @throws BridgeError BAD_CONFIG */
  constructor(
    options: AgentsOptions,
    demoUrl: string | undefined,
    calls: () => readonly CallStatus[],
  ) {
    this.#demoUrl = demoUrl;
    this.#calls = calls;
    this.#agents = new Agents(options, demoUrl);
  }

  /** For the calls to come. */
  get agents(): Agents {
    return this.#agents;
  }

  /** @throws BridgeError BAD_CONFIG; nothing has changed then. */
  reconfigure(options: AgentsOptions): void {
    this.#agents = new Agents(options, this.#demoUrl);
  }

  /** Of a call, or of a replay that has been announced; else the default one. */
  of(id: string): { readonly agent: Agent; readonly target: AgentTarget } {
    const call = this.#calls().find(({ callId }) => callId === id);
    const {
      caller = '',
      dialled = '',
      extension = 'default',
    } = call ?? this.#replays.get(id) ?? {};
    const phone = call?.direction === 'outbound' ? dialled : caller;
    const agent = this.#ofCall.get(id) ?? this.#agents.of(extension);
    if (call) this.#ofCall.set(id, agent);
    const facts = { callId: id, caller, dialled, phone, extension, callUuid: callUuidOf(id) };
    return { agent, target: agent.targetFor(facts) };
  }

  /** A session that belongs to no call: who the caller of its recording was. */
  announce(id: string, facts: URLSearchParams): void {
    this.#replays.add(id, facts);
  }

  /** Forgets the calls that are over. */
  release(isOver: (id: string) => boolean): void {
    for (const id of this.#ofCall.keys()) if (isOver(id)) this.#ofCall.delete(id);
  }
}
