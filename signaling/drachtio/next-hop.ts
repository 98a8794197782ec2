/**
 * Where a request goes: the connection of a registered contact, or the address in the URI over the
 * transport it names. Literal addresses are resolved at once, names by DNS: SRV when no port is given.
 * RFC 3261 §18.1.1, RFC 3263 §4: https://www.rfc-editor.org/rfc/rfc3263#section-4
 */
import { isIP } from 'node:net';
import { resolve, systemResolver, type Resolved, type Resolver } from '../sip/resolver.ts';
import { isWildcard, localAddressTowards } from '../sip/local-address.ts';
import {
  usualPort,
  type Endpoint,
  type Flow,
  type Protocol,
  type Transport,
} from '../sip/transport.ts';
import type { SipUri } from '../sip/uri.ts';
import type { ContactCache } from './contact-cache.ts';

export type Hop =
  | {
      readonly kind: 'flow';
      readonly flow: Flow;
      /** Ways to try when this one fails, in order: the other places a name leads to. */
      readonly alternatives?: readonly (() => Flow | undefined)[];
    }
  /** The application is told so at once (`NOK`). */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The application gets this as the final response. */
  | {
      readonly kind: 'unreachable';
      readonly status: number;
      readonly reason: string;
      readonly via: Flow;
    };

export class NextHop {
  private readonly transports: readonly Transport[];
  private readonly cache: ContactCache;
  private readonly resolver: Resolver;

  constructor(transports: readonly Transport[], cache: ContactCache, resolver = systemResolver) {
    this.transports = transports;
    this.cache = cache;
    this.resolver = resolver;
  }

  /** `done` is called at once unless a name has to be looked up. */
  find(uri: SipUri, useCache: boolean, done: (hop: Hop) => void): void {
    const known = useCache ? this.cache.find(uri) : undefined;
    if (known !== undefined) {
      done(
        known.closed
          ? { kind: 'unreachable', status: 410, reason: 'Gone', via: known }
          : { kind: 'flow', flow: known },
      );
      return;
    }
    const protocol = protocolOf(uri);
    const transports = this.transports.filter((transport) => transport.protocol === protocol);
    if (protocol === undefined || transports.length === 0) {
      done({ kind: 'refused', reason: 'requested protocol/transport not available' });
      return;
    }
    const host = uri.host.startsWith('[') ? uri.host.slice(1, -1) : uri.host;
    const port = uri.port ?? usualPort(protocol);
    if (isIP(host) !== 0) {
      done(this.to(transports, { address: host, port }));
      return;
    }
    if (host.endsWith('.invalid')) {
      done(this.unreachable(transports));
      return;
    }
    const usable = this.transports.map((transport) => transport.protocol);
    // Who names no transport can be reached over TCP too, if DNS says so.
    const others: Protocol[] =
      uri.params.has('transport') || !usable.includes('tcp') ? [] : ['tcp'];
    void resolve(this.resolver, {
      host,
      port: uri.port,
      protocols: [protocol, ...others],
      family: familyOf(transports),
    }).then((resolved) => done(this.toFirst(resolved)));
  }

  private toFirst({ protocol, places: [first, ...rest] }: Resolved): Hop {
    const transports = this.transports.filter((transport) => transport.protocol === protocol);
    if (first === undefined) return this.unreachable(transports);
    const hop = this.to(transports, first);
    if (hop.kind !== 'flow') return hop;
    return { ...hop, alternatives: rest.map((place) => () => this.flowTo(protocol, place)) };
  }

  /** Whether a URI names this server itself. */
  isLocal(uri: SipUri): boolean {
    const host = uri.host.startsWith('[') ? uri.host.slice(1, -1) : uri.host;
    if (isIP(host) === 0) return false;
    const remote = { address: host, port: uri.port ?? usualPort(protocolOf(uri)) };
    return this.transports.some((transport) => isSelf(transport, remote));
  }

  /** A flow to a known address over the same protocol. */
  flowTo(protocol: Protocol, remote: Endpoint): Flow | undefined {
    return nearest(
      this.transports.filter((t) => t.protocol === protocol),
      remote,
    )?.flowTo(remote);
  }

  private to(transports: readonly Transport[], remote: Endpoint): Hop {
    const transport = nearest(transports, remote);
    if (transport === undefined)
      return { kind: 'refused', reason: 'requested protocol/transport not available' };
    if (isSelf(transport, remote))
      return { kind: 'refused', reason: 'can not send request to myself' };
    const flow = transport.flowTo(remote);
    return flow === undefined ? this.unreachable(transports) : { kind: 'flow', flow };
  }

  private unreachable(transports: readonly Transport[]): Hop {
    const via = deadEnd(transports[0]);
    return { kind: 'unreachable', status: 503, reason: 'DNS Error', via };
  }
}

const PROTOCOLS: readonly Protocol[] = ['udp', 'tcp', 'tls', 'ws'];

function protocolOf(uri: SipUri): Protocol | undefined {
  const usual = uri.scheme === 'sips' ? 'tls' : 'udp';
  const transport = uri.params.get('transport')?.toLowerCase() ?? usual;
  return PROTOCOLS.find((protocol) => protocol === transport);
}

function familyOf(transports: readonly Transport[]): 0 | 4 | 6 {
  const v6 = transports.filter(({ host }) => host.includes(':')).length;
  return v6 === 0 ? 4 : v6 === transports.length ? 6 : 0;
}

/** Of several listeners the one most alike the target: same family, most equal leading octets. */
function nearest(transports: readonly Transport[], remote: Endpoint): Transport | undefined {
  const v6 = remote.address.includes(':');
  let best: Transport | undefined;
  let bestScore = -1;
  for (const transport of transports) {
    if (transport.host.includes(':') !== v6) continue;
    const score = likeness(transport.host, remote.address);
    if (score > bestScore) {
      best = transport;
      bestScore = score;
    }
  }
  return best;
}

function likeness(host: string, address: string): number {
  const local = isWildcard(host) ? localAddressTowards(address) : host;
  const a = local.split(/[.:]/);
  const b = address.split(/[.:]/);
  let equal = 0;
  while (equal < a.length && a[equal] === b[equal]) equal++;
  return equal;
}

function isSelf(transport: Transport, remote: Endpoint): boolean {
  if (transport.port !== remote.port) return false;
  if (!isWildcard(transport.host)) return transport.host === remote.address;
  return localAddressTowards(remote.address) === remote.address;
}

/** What a request that cannot be sent shows as its own address. */
function deadEnd(transport: Transport | undefined): Flow {
  const host = transport?.host ?? '0.0.0.0';
  const address = isWildcard(host) ? localAddressTowards('198.51.100.1') : host;
  return {
    protocol: transport?.protocol ?? 'udp',
    remote: { address: '', port: 0 },
    local: { address, port: transport?.port ?? 5060 },
    closed: true,
    send: (_data, failed) => failed?.(new Error('no route')),
    onClose: () => () => undefined,
  };
}
