/**
 * DNS as SIP uses it: SRV records when a URI names no port, addresses otherwise. Injected, so that a
 * server can be given another resolver, and tests one without a network. NAPTR is left out: the
 * transport is the URI's own, or UDP.
 * RFC 3263 §4: https://www.rfc-editor.org/rfc/rfc3263#section-4
 */
import { promises as dns } from 'node:dns';
import { usualPort, type Endpoint, type Protocol } from './transport.ts';

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface Resolver {
  /** Empty when there are none; never rejects for that reason. */
  srv(name: string): Promise<readonly SrvRecord[]>;
  /** The addresses of a name, preferred first; `family` 0 is both. */
  addresses(name: string, family: 0 | 4 | 6): Promise<readonly string[]>;
}

export const systemResolver: Resolver = {
  srv: (name) => dns.resolveSrv(name).catch(() => []),
  // By the system and not by DNS alone, so that its hosts file counts.
  addresses: async (name, family) =>
    (await dns.lookup(name, { family, all: true })).map(({ address }) => address),
};

/** How long the answer of DNS is waited for: a call must not hang on a dead name server. */
const PATIENCE_MS = 5000;

/** Where a name leads: places to try in order, none when it leads nowhere. */
export interface Resolved {
  readonly protocol: Protocol;
  readonly places: readonly Endpoint[];
}

export interface Query {
  readonly host: string;
  /** A port makes SRV records meaningless. */
  readonly port: number | undefined;
  /** Those that may be used, preferred first. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  readonly family: 0 | 4 | 6;
}

export async function resolve(
  resolver: Resolver,
  query: Query,
  random: () => number = Math.random,
): Promise<Resolved> {
  const nowhere: Resolved = { protocol: query.protocols[0], places: [] };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Resolved>((done) => {
    timer = setTimeout(() => done(nowhere), PATIENCE_MS);
  });
  try {
    return await Promise.race([look(resolver, query, random), late]);
  } catch {
    return nowhere;
  } finally {
    clearTimeout(timer);
  }
}

async function look(resolver: Resolver, query: Query, random: () => number): Promise<Resolved> {
  const { host, port, protocols, family } = query;
  const addresses = async (name: string, at: number): Promise<Endpoint[]> => {
    const found = await resolver.addresses(name, family).catch(() => []);
    return found.map((address) => ({ address, port: at }));
  };
  for (const protocol of port === undefined ? protocols : []) {
    // WebSocket has no SRV names. RFC 7118 leaves finding its server to HTTP.
    if (protocol === 'ws') continue;
    const service = protocol === 'tls' ? '_sips._tcp' : `_sip._${protocol}`;
    const records = inOrder(await resolver.srv(`${service}.${host}`), random);
    if (records.length === 0) continue;
    // A record for the root says that the service is not there. RFC 2782.
    const real = records.filter(({ name }) => name !== '' && name !== '.');
    const places = await Promise.all(real.map((record) => addresses(record.name, record.port)));
    return { protocol, places: places.flat() };
  }
  return { protocol: protocols[0], places: await addresses(host, port ?? usualPort(protocols[0])) };
}

/** By priority, and within one priority by a draw in proportion to the weights. RFC 2782. */
export function inOrder(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const priority = left[0]?.priority;
    const group = left.filter((record) => record.priority === priority);
    let draw = Math.floor(random() * (group.reduce((sum, { weight }) => sum + weight, 0) + 1));
    const drawn = group.find(({ weight }) => (draw -= weight) <= 0) ?? group[0];
    if (drawn === undefined) break;
    ordered.push(drawn);
    left.splice(left.indexOf(drawn), 1);
  }
  return ordered;
}
