/**
 * What can be set about an agent, as plain values: where it is, how it is spoken to, and what happens
 * when it is not there. One set is the default; an extension may override any part of it, and of
 * `query` and `headers` single names, so that 1001 and 1002 differ in no more than a campaign.
 *
 * The texts of `url`, `query` and `headers` are templates: `{caller}` and its like stand for facts of
 * the call (template.ts).
 */
import type { DialectName } from '../common/api.ts';
import { BridgeError } from '../common/errors.ts';
import { unknownPlaceholders } from './template.ts';

export interface AgentSettings {
  /** ws:// or wss://, as the dialect wants it: the talky family's calls get their id appended. */
  readonly url: string;
  readonly dialect: DialectName;
  /** An empty value leaves a parameter out that is there by default. */
  readonly query: Readonly<Record<string, string>>;
  /** Sent with the WebSocket's upgrade, `Authorization` for one; not possible with `direct`. */
  readonly headers: Readonly<Record<string, string>>;
  /** What its voice comes as; a dialect that fixes or announces it overrules this. */
  readonly output: {
    readonly encoding: 'auto' | 's16le' | 'f32le';
    readonly sampleRate: number;
  };
  /** Length of a frame of the caller's voice; the talky family takes 10 to 1,000. */
  readonly frameMs: number;
  /** The page connects to the agent by itself, so that the browser's tools show its own socket. */
  readonly direct: boolean;
  /** Connect while the phone still rings. */
  readonly earlyConnect: boolean;
  /** An agent that is not there: the caller hears a notice and the bridge keeps trying, or gets 503. */
  readonly whenDown: 'notice' | 'reject';
  /** PEM file of the authority that signed the agent's certificate, beside the system's own. */
  readonly ca?: string;
  /** How often the agent is asked for a sign of life (a WebSocket ping); 0 = never. */
  readonly pingSeconds: number;
}

/** What is set by whoever configures it; the rest is as in DEFAULT_AGENT. */
export type AgentOverrides = Partial<AgentSettings>;

export const DEFAULT_AGENT: Omit<AgentSettings, 'url'> = {
  dialect: 'talky',
  query: {},
  headers: {},
  output: { encoding: 'auto', sampleRate: 16_000 },
  frameMs: 20,
  direct: false,
  earlyConnect: true,
  whenDown: 'notice',
  pingSeconds: 20,
};

export function overridden(base: AgentSettings, by: AgentOverrides): AgentSettings {
  return {
    ...base,
    ...by,
    query: { ...base.query, ...by.query },
    headers: { ...base.headers, ...by.headers },
  };
}

/** @throws BridgeError BAD_CONFIG with a sentence that names the setting */
export function checkAgent(settings: AgentSettings): void {
  const { url, query, headers, direct, frameMs, whenDown, pingSeconds } = settings;
  if (!URL.canParse(url) || !/^wss?:/i.test(url)) {
    throw bad('url', `${url} is no ws:// or wss:// address`);
  }
  const templates = { url, ...prefixed('query', query), ...prefixed('headers', headers) };
  for (const [where, template] of Object.entries(templates)) {
    const [unknown] = unknownPlaceholders(template);
    if (unknown !== undefined) throw bad(where, `there is no {${unknown}}`);
  }
  if (!(frameMs >= 10 && frameMs <= 1_000)) {
    throw bad('frame_ms', `${frameMs} is not from 10 to 1000`);
  }
  if (!(pingSeconds >= 0)) throw bad('ping_seconds', `${pingSeconds} is no number of seconds`);
  if (direct && Object.keys(headers).length > 0) {
    throw bad('headers', 'a page that connects by itself (direct) cannot send any');
  }
  if (direct && whenDown === 'reject') {
    throw bad('when_down', 'with direct only the page learns that the agent is down: use notice');
  }
}

function prefixed(
  name: string,
  templates: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).map(([key, template]) => [`${name}.${key}`, template]),
  );
}

function bad(where: string, what: string): BridgeError {
  return new BridgeError('BAD_CONFIG', `agent.${where}: ${what}.`);
}
