/** What the page's own origin tells it, and the addresses there: configuration, agents' sockets. */
import type { AgentAddress, AgentProfile, PageConfig } from '../../common/api.ts';

/** @throws Error where the bridge gives none */
export async function readConfig(): Promise<PageConfig> {
  const response = await fetch('/api/config');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as PageConfig;
}

/** Through the bridge, or where the bridge says that the agent is. */
export async function agentUrl({ path, direct }: AgentProfile, id: string): Promise<string> {
  if (!direct) return `${socketOrigin()}${path}/${encodeURIComponent(id)}`;
  const response = await fetch(`/api/agent/${encodeURIComponent(id)}`);
  if (!response.ok)
    throw new Error(`The bridge does not say where the agent is: ${response.status}`);
  return ((await response.json()) as AgentAddress).url;
}

/** `?user=anna` registers the page under a name that extensions can lead to. */
export function ownUser(): string | undefined {
  const user = new URLSearchParams(location.search).get('user') ?? '';
  return /^[\w.+-]{1,64}$/.test(user) ? user : undefined;
}

/** ws(s):// of the page's own origin. */
export function socketOrigin(): string {
  return location.origin.replace(/^http/, 'ws');
}
