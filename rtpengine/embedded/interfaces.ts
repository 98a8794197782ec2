/**
 * The addresses of the relay: one of each family at most, and what peers are told in their place
 * where they reach it under another (a container, WSL, a NAT with forwarded ports). Phones and pages
 * may be told different ones: a page on this machine and a phone on the network.
 */
import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** "All of this machine's": what is bound to it tells each peer the one nearest to it. */
const UNSPECIFIED = new Set(['0.0.0.0', '::']);

export type Family = 'IP4' | 'IP6';
export type PeerKind = 'phone' | 'page';

export interface Interface {
  /** What sockets are bound to. */
  readonly address: string;
  /** What a peer is told; `from` is an address of its own, where one is known. */
  told(kind: PeerKind, from?: string): string;
  /** All that a page may try. */
  forPages(): readonly string[];
}

/** At least one of the two. */
export type Interfaces = Readonly<Partial<Record<Family, Interface>>>;

export function familyOf(address: string): Family {
  return isIPv6(address) ? 'IP6' : 'IP4';
}

/** What a c= line says of an address (RFC 8866 section 5.7). */
export function connection(address: string): string {
  return `IN ${familyOf(address)} ${address}`;
}

export function interfacesOf(
  hosts: readonly string[],
  advertised: Readonly<Partial<Record<PeerKind, string>>> = {},
): Interfaces {
  const interfaces: Partial<Record<Family, Interface>> = {};
  for (const address of hosts) {
    const family = familyOf(address);
    // An address of the other family is meant for the other interface.
    const fixed = (kind: PeerKind): string | undefined => {
      const name = advertised[kind];
      if (name !== undefined && familyOf(name) === family) return name;
      return UNSPECIFIED.has(address) ? undefined : address;
    };
    interfaces[family] = {
      address,
      told: (kind, from) => fixed(kind) ?? nearest(family, from),
      forPages: () => {
        const name = fixed('page');
        return name === undefined ? ownAddresses(family).map((own) => own.address) : [name];
      },
    };
  }
  return interfaces;
}

/** This machine's address in the network of `from`; its first one in any network otherwise. */
function nearest(family: Family, from: string | undefined): string {
  const own = ownAddresses(family);
  const beside = own.find(({ address, prefix }) => {
    if (from === undefined || familyOf(from) !== family) return false;
    const network = new BlockList();
    const type = family === 'IP6' ? 'ipv6' : 'ipv4';
    network.addSubnet(address, prefix, type);
    return network.check(from, type);
  });
  const found = beside ?? own.find(({ internal }) => !internal) ?? own[0];
  return found?.address ?? (family === 'IP6' ? '::1' : '127.0.0.1');
}

function ownAddresses(family: Family) {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter((own) => familyOf(own.address) === family && !own.address.startsWith('fe80:'))
    .map(({ address, internal, cidr }) => ({
      address,
      internal,
      prefix: Number(cidr?.split('/')[1] ?? (family === 'IP6' ? 128 : 32)),
    }));
}

/** The interface of this family, or of the other one where there is none. */
export function interfaceFor(interfaces: Interfaces, family: Family | undefined): Interface {
  const found = (family && interfaces[family]) ?? interfaces.IP4 ?? interfaces.IP6;
  if (found === undefined) throw new TypeError('an engine without an address');
  return found;
}
