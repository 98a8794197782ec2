/** Whether the ports of the configuration can be had, and by whom the others are taken. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { Address } from '../options.ts';
import { fail, pass, warn, type Finding } from './finding.ts';
import { portOwner } from './port-owner.ts';

const UDP_ECHO_MS = 1000;

export interface PortUse {
  readonly name: string;
  readonly address: Address;
  readonly protocol: 'tcp' | 'udp';
}

/** @param ownBridge whether a bridge of this configuration runs already: then its ports are its own. */
export async function checkPort(use: PortUse, ownBridge: boolean): Promise<Finding> {
  const { host, port } = use.address;
  const check = `${use.name} port`;
  const what = `${use.protocol.toUpperCase()} ${host}:${port}`;
  const code = await bindError(use);
  if (code === undefined) return pass(check, port === 0 ? 'any free one' : `${what} is free`);
  if (code === 'EADDRINUSE' && ownBridge)
    return pass(check, `${what} is held by the running bridge`);
  if (code === 'EADDRINUSE') {
    const owner = await portOwner(port, use.protocol);
    return fail(
      check,
      'PORT_IN_USE',
      `${what} is taken${owner === undefined ? '' : ` by ${owner}`}.`,
      'End that program, or choose another port; --fix picks a free one.',
    );
  }
  if (code === 'EACCES') {
    return fail(
      check,
      'PORT_FORBIDDEN',
      `${what} may not be used by this account.`,
      'Choose a port above 1023. On Windows, Hyper-V and WSL reserve ranges: "netsh int ipv4 show excludedportrange udp" lists them.',
    );
  }
  return fail(check, 'NO_NETWORK', `${what}: ${code}.`, 'Check the address in the configuration.');
}

/** The error's code; undefined when the port could be bound. */
async function bindError({ address, protocol }: PortUse): Promise<string | undefined> {
  try {
    if (protocol === 'tcp') {
      const server = createServer();
      server.listen({ host: address.host, port: address.port, exclusive: true });
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
    } else {
      const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4');
      socket.bind({ address: address.host, port: address.port, exclusive: true });
      await once(socket, 'listening');
      socket.close();
      await once(socket, 'close');
    }
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** A free port for each use that has none, to be written into the configuration. */
export async function freePort({ address, protocol }: PortUse): Promise<number> {
  for (let port = address.port + 1; port < 65_536; port += 1) {
    const free = await bindError({ name: '', address: { ...address, port }, protocol });
    if (free === undefined) return port;
  }
  return 0;
}

/** Every port of the RTP range is tried: what is taken is lost to calls. */
export async function checkRtpPorts(
  host: string,
  { min, max }: { min: number; max: number },
  ownBridge: boolean,
): Promise<Finding> {
  const check = 'RTP ports';
  if (ownBridge) return pass(check, `${min}–${max}, used by the running bridge`);
  const taken: number[] = [];
  for (let port = min; port <= max; port += 1) {
    const code = await bindError({ name: check, address: { host, port }, protocol: 'udp' });
    if (code !== undefined) taken.push(port);
  }
  const total = max - min + 1;
  // A call takes two ports for the phone; a handful of calls is the least one needs.
  const free = total - taken.length;
  if (free < 8) {
    return fail(
      check,
      'RTP_PORTS_EXHAUSTED',
      `Only ${free} of the ${total} ports ${min}–${max} are free: room for ${Math.floor(free / 2)} calls.`,
      'Choose another range with sip.rtp.port_range_start and port_range_end, or --rtp-ports.',
    );
  }
  if (taken.length > 0) {
    return warn(
      check,
      'PORT_IN_USE',
      `${taken.length} of the ports ${min}–${max} are taken, ${taken[0] ?? ''} for one.`,
      'Calls use the others; choose another range if you need them all.',
    );
  }
  return pass(check, `${min}–${max} are free: room for ${Math.floor(total / 2)} calls`);
}

/** A datagram to ourselves through an address phones are served on. */
export async function checkUdpEcho(address: string): Promise<Finding> {
  const check = 'UDP';
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind({ address, port: 0 });
    await once(socket, 'listening');
    const echoed = once(socket, 'message', { signal: AbortSignal.timeout(UDP_ECHO_MS) });
    socket.send('echo', socket.address().port, address);
    await echoed;
    return pass(check, `a datagram through ${address} came back`);
  } catch (error) {
    return fail(
      check,
      'UDP_BLOCKED',
      `A datagram sent through ${address} did not come back (${(error as Error).name}).`,
      'Something on this computer drops UDP: look at its firewall, VPN or security software.',
    );
  } finally {
    socket.close();
  }
}
