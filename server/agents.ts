/**
 * The agents the bridge talks to, one for each extension that has its own and one for the rest: how
 * each is addressed for a call, and what the page has to know of it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { dialectOf } from '../agent/dialects/registry.ts';
import {
  checkAgent,
  DEFAULT_AGENT,
  overridden,
  type AgentOverrides,
  type AgentSettings,
} from '../agent/settings.ts';
import { expand, type CallFacts } from '../agent/template.ts';
import type { AgentProfile } from '../common/api.ts';
import { BridgeError, messageOf } from '../common/errors.ts';

/** Where a call's WebSocket goes. */
export interface AgentTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates to trust, where Node's own choice is not enough. */
  readonly ca?: readonly string[];
  readonly pingMs: number;
}

export interface AgentsOptions {
  /** Undefined: the built-in demo agent. */
  readonly agent?: AgentOverrides & Pick<AgentSettings, 'url'>;
  /** By the key of the extension. */
  readonly agents?: Readonly<Record<string, AgentOverrides>>;
}

/** What agents of the talky family are told unless they are told otherwise. */
const FAMILY_QUERY = { phone_number: '{phone}' };
const DEMO_QUERY = { tenant_id: 'demo', campaign_id: 'demo', lead_id: 'demo' };

export class Agents {
  readonly default: Agent;
  readonly #byExtension: ReadonlyMap<string, Agent>;

  /** @throws BridgeError BAD_CONFIG */
  constructor({ agent, agents = {} }: AgentsOptions, demoUrl: string | undefined) {
    const base: AgentSettings = {
      ...DEFAULT_AGENT,
      ...(agent ?? { url: demoUrl ?? '', query: DEMO_QUERY }),
    };
    const nameOf = (url: string) => (url === demoUrl ? 'demo' : url);
    this.default = new Agent(base, nameOf(base.url));
    this.#byExtension = new Map(
      Object.entries(agents).map(([key, overrides]) => {
        const settings = overridden(base, overrides);
        return [key, new Agent(settings, nameOf(settings.url))];
      }),
    );
  }

  /** Every agent's address, each once. */
  get urls(): readonly string[] {
    return [...new Set([this.default, ...this.#byExtension.values()].map(({ url }) => url))];
  }

  /** Of those that the page connects by itself. */
  get directUrls(): readonly string[] {
    return [this.default, ...this.#byExtension.values()]
      .filter(({ profile }) => profile.direct)
      .map(({ url }) => url);
  }

  /** What the page needs, by extension. */
  get profiles(): Readonly<Record<string, AgentProfile>> {
    return Object.fromEntries([...this.#byExtension].map(([key, { profile }]) => [key, profile]));
  }

  of(extension: string): Agent {
    return this.#byExtension.get(extension) ?? this.default;
  }
}

export class Agent {
  readonly settings: AgentSettings;
  readonly profile: AgentProfile;
  readonly #ca: readonly string[] | undefined;

  constructor(settings: AgentSettings, name: string) {
    checkAgent(settings);
    const { url, output, frameMs, direct, earlyConnect } = settings;
    const dialect = dialectOf(settings.dialect);
    this.settings = settings;
    this.#ca = /^wss:/i.test(url) ? authorities(settings.ca) : undefined;
    this.profile = {
      path: '/ws/voice',
      name,
      dialect: dialect.name,
      input: { sampleRate: dialect.input.sampleRate, frameMs },
      output: dialect.output ?? output,
      direct,
      earlyConnect,
    };
  }

  get url(): string {
    return this.settings.url;
  }

  targetFor(facts: CallFacts): AgentTarget {
    const { url, headers, pingSeconds, dialect } = this.settings;
    const isFamily = dialect !== 'twilio-media-streams';
    const query = Object.entries({ ...(isFamily && FAMILY_QUERY), ...this.settings.query })
      .map(([name, template]) => [name, expand(template, facts)] as const)
      .filter(([, value]) => value !== '');
    const inPath = Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, encodeURIComponent(String(value))]),
    ) as unknown as CallFacts;
    return {
      url: dialectOf(dialect).urlFor(expand(url, inPath), facts.callId, Object.fromEntries(query)),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, template]) => [
          name,
          headerText(expand(template, facts)),
        ]),
      ),
      ...(this.#ca && { ca: this.#ca }),
      pingMs: pingSeconds * 1_000,
    };
  }
}

/**
 * A Call-ID as a UUID that others can compute as well: version 5 in the namespace for URLs, as in
 * Python's `uuid.uuid5(uuid.NAMESPACE_URL, call_id)`.
 * https://www.rfc-editor.org/rfc/rfc9562#section-5.5
 */
export function callUuidOf(callId: string): string {
  const namespace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');
  const hash = createHash('sha1').update(namespace).update(callId).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A name that a phone sends may hold what no header can. */
function headerText(value: string): string {
  return value.replace(/[^\t\x20-\x7e]/g, '?');
}

/**
 * Node's own authorities, the system's where this Node can read them (22.15 and newer), and the
 * given one. Undefined: what Node takes by itself.
 */
function authorities(file: string | undefined): readonly string[] | undefined {
  const { getCACertificates: stored } = tls as {
    getCACertificates?: (store: 'default' | 'system') => string[];
  };
  if (file === undefined && stored === undefined) return undefined;
  const known = stored ? [...stored('default'), ...stored('system')] : tls.rootCertificates;
  return file === undefined ? known : [...known, read(file)];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `agent.ca: ${path} cannot be read: ${messageOf(cause)}`;
    throw new BridgeError('BAD_CONFIG', message, { cause });
  }
}
