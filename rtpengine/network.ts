/**
 * This machine's addresses, judged: which of them a phone can reach, best first, and whether another
 * machine's address belongs to a private network. Pure functions over what `os.networkInterfaces()`
 * says, so that every kind of host (several networks, a VPN, WSL 2, containers) is a table in a test.
 * Private: https://www.rfc-editor.org/rfc/rfc1918, https://www.rfc-editor.org/rfc/rfc4193
 */
import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

export type InterfaceTable = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'internal' | 'cidr'>[] | undefined>
>;

/**
 * `lan`: a network with other machines in it. `vpn`: one that is joined through a tunnel. `linkLocal`:
 * nobody gave this machine an address there. `host`: reaches no further than this computer, its
 * containers and its virtual machines. `public`: reached from the whole Internet.
 */
export type Reach = 'lan' | 'vpn' | 'linkLocal' | 'host' | 'public' | 'loopback';

/** Best for a phone first. */
const ORDER: readonly Reach[] = ['lan', 'vpn', 'linkLocal', 'host', 'public', 'loopback'];

export interface OwnAddress {
  readonly address: string;
  readonly family: 4 | 6;
  readonly prefix: number;
  /** The name of its interface. */
  readonly name: string;
  readonly reach: Reach;
}

/** How WSL 2 is joined to Windows' network; undefined outside WSL 2. */
export type WslNetwork = 'nat' | 'mirrored' | undefined;

const TUNNEL =
  /^(tun|tap|utun|ppp|wg|ipsec|zt|tailscale|nordlynx)|vpn|wireguard|zerotier|anyconnect/i;
/** `vEthernet (External …)` is none of these: Windows' real network card hides behind it. */
const INSIDE =
  /^(docker|br-|veth(?!ernet)|virbr|vmnet|vboxnet|lxc|lxd|cni|flannel|kube|podman)|^vEthernet \((WSL|Default Switch|nat|DockerNAT)|virtualbox|vmware/i;
/** WSL 2 with mirrored networking talks to Windows through this one. */
const WSL_LOOPBACK = '10.255.255.254';

const PRIVATE = listOf(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  // RFC 6598. Some tunnels number their machines from it.
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
);
const LINK_LOCAL = listOf(['169.254.0.0', 16], ['fe80::', 10]);
const SHARED = listOf(['100.64.0.0', 10]);

/** Whether it is an address that routers of the Internet do not pass on. */
export function isPrivate(address: string): boolean {
  return holds(PRIVATE, plain(address));
}

/** Every address of this machine, the one to give to phones first. */
export function ownAddresses(table: InterfaceTable, wsl?: WslNetwork): OwnAddress[] {
  const all = Object.entries(table).flatMap(([name, entries = []]) =>
    entries.flatMap(({ address, internal, cidr }): OwnAddress[] => {
      const version = isIP(address);
      // Without the name of the interface nobody could use these.
      if (version === 0 || address.toLowerCase().startsWith('fe80:')) return [];
      const family = version === 6 ? 6 : 4;
      const prefix = Number(cidr?.split('/')[1] ?? (family === 6 ? 128 : 32));
      const reach = reachOf({ name, address, internal, prefix, family }, wsl);
      return [{ address, family, prefix, name, reach }];
    }),
  );
  // Stable: among equals the system's own order counts.
  return all.sort((one, other) => ORDER.indexOf(one.reach) - ORDER.indexOf(other.reach));
}

/** The one to tell a peer: the address in its own network, the closest one first; else the best. */
export function addressTowards(
  own: readonly OwnAddress[],
  family: 4 | 6,
  peer?: string,
): OwnAddress | undefined {
  const candidates = own.filter((each) => each.family === family);
  const to = peer === undefined ? undefined : plain(peer);
  if (to === undefined || isIP(to) !== family) return candidates[0];
  const beside = candidates
    .filter(({ address, prefix }) => holds(listOf([address, prefix]), to))
    .sort((one, other) => other.prefix - one.prefix)[0];
  if (beside !== undefined) return beside;
  // Tunnels give each machine a network of one address.
  const shared = holds(SHARED, to)
    ? candidates.find(({ address }) => holds(SHARED, address))
    : undefined;
  return shared ?? candidates[0];
}

interface Seen {
  readonly name: string;
  readonly address: string;
  readonly internal: boolean;
  readonly prefix: number;
  readonly family: 4 | 6;
}

function reachOf({ name, address, internal, prefix, family }: Seen, wsl: WslNetwork): Reach {
  if (internal || address === WSL_LOOPBACK) return 'loopback';
  if (!isPrivate(address)) return 'public';
  if (holds(LINK_LOCAL, address)) return 'linkLocal';
  if (INSIDE.test(name)) return 'host';
  if (TUNNEL.test(name) || holds(SHARED, address)) return 'vpn';
  // Behind WSL's own NAT only Windows itself is a neighbour.
  if (wsl === 'nat') return 'host';
  return prefix === 32 && family === 4 ? 'vpn' : 'lan';
}

/** An IPv4 peer of a socket for both families. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function holds(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

function listOf(...subnets: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of subnets) {
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
