/**
 * The page's configuration as it may be shown to others: without what it logs in with, and without
 * what an agent's address may hold of credentials.
 */
import type { AgentProfile, PageConfig } from '../common/api.ts';

export function withoutSecrets({
  sip: { user, domain, path },
  agent,
  agents,
  ...rest
}: PageConfig): object {
  return {
    ...rest,
    sip: { user, domain, path },
    agent: masked(agent),
    agents: Object.fromEntries(Object.entries(agents).map(([key, each]) => [key, masked(each)])),
  };
}

function masked(agent: AgentProfile): AgentProfile {
  return { ...agent, name: agent.name.replace(/\/\/[^/@]*@/, '//***@').replace(/\?.*$/, '?***') };
}
