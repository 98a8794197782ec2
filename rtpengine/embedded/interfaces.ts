/**
 * The addresses of the relay: one of each family at most, and what peers are told in their place
 * where they reach it under another (a container, WSL, a NAT with forwarded ports). Phones and pages
 * may be told different ones: a page on this machine and a phone on the network.
 */
import { isIPv6 } from 'node:net';

export type Family = 'IP4' | 'IP6';
export type PeerKind = 'phone' | 'page';

export interface Interface {
  /** What sockets are bound to. */
  readonly address: string;
  readonly advertised: Readonly<Record<PeerKind, string>>;
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
    const told = (kind: PeerKind): string => {
      const name = advertised[kind];
      return name !== undefined && familyOf(name) === family ? name : address;
    };
    interfaces[family] = { address, advertised: { phone: told('phone'), page: told('page') } };
  }
  return interfaces;
}

/** The interface of this family, or of the other one where there is none. */
export function interfaceFor(interfaces: Interfaces, family: Family | undefined): Interface {
  const found = (family && interfaces[family]) ?? interfaces.IP4 ?? interfaces.IP6;
  if (found === undefined) throw new TypeError('an engine without an address');
  return found;
}
