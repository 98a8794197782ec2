/**
 * The addresses of the relay: one of each family at most, and what peers are told in their place
 * where they reach it under another (a container, WSL, a NAT with forwarded ports). Phones and pages
 * may be told different ones: a page on this machine and a phone on the network.
 */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { addressTowards, ownAddresses, type OwnAddress } from '../network.ts';

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
  own: () => readonly OwnAddress[] = thisMachine,
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
      told: (kind, from) => fixed(kind) ?? nearest(own(), family, from),
      forPages: () => {
        const name = fixed('page');
        if (name !== undefined) return [name];
        return own().flatMap((each) => (familyOf(each.address) === family ? [each.address] : []));
      },
    };
  }
  return interfaces;
}

function nearest(own: readonly OwnAddress[], family: Family, from: string | undefined): string {
  const found = addressTowards(own, family === 'IP6' ? 6 : 4, from);
  return found?.address ?? (family === 'IP6' ? '::1' : '127.0.0.1');
}

/** Networks come and go while the engine runs. */
function thisMachine(): OwnAddress[] {
  return ownAddresses(networkInterfaces());
}

/** The interface of this family, or of the other one where there is none. */
export function interfaceFor(interfaces: Interfaces, family: Family | undefined): Interface {
  const found = (family && interfaces[family]) ?? interfaces.IP4 ?? interfaces.IP6;
  if (found === undefined) throw new TypeError('an engine without an address');
  return found;
}
