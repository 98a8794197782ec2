/**
 * The address of this machine that a peer sees, when a socket listens on all of them: asked from
 * the kernel's routing table by connecting a throw-away UDP socket, which sends nothing.
 */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { addressTowards, ownAddresses } from '../../rtpengine/network.ts';

const MAX_AGE_MS = 30_000;
const MAX_ENTRIES = 2_000;
const known = new Map<string, { readonly address: string; readonly at: number }>();

export function localAddressTowards(peer: string): string {
  const now = Date.now();
  const cached = known.get(peer);
  if (cached !== undefined && now - cached.at < MAX_AGE_MS) return cached.address;
  const address = route(peer) ?? best(peer.includes(':'));
  if (known.size >= MAX_ENTRIES) known.clear();
  known.set(peer, { address, at: now });
  return address;
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '';
}

function route(peer: string): string | undefined {
  const v6 = peer.includes(':');
  // A literal needs no look-up; answering at once lets bind and connect finish within the call.
  const socket = createSocket({
    type: v6 ? 'udp6' : 'udp4',
    lookup: (hostname, _options, callback) => {
      callback(null, hostname, v6 ? 6 : 4);
    },
  });
  socket.on('error', () => undefined);
  try {
    socket.bind({ port: 0, address: v6 ? '::' : '0.0.0.0', exclusive: true });
    socket.connect(9, peer);
    const { address } = socket.address();
    return isWildcard(address) ? undefined : address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

function best(v6: boolean): string {
  const own = addressTowards(ownAddresses(networkInterfaces()), v6 ? 6 : 4);
  return own?.address ?? (v6 ? '::1' : '127.0.0.1');
}
