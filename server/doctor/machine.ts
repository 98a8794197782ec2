/**
 * Checks of the machine itself: Node, WSL and containers, the addresses a phone can reach, the
 * firewall, the clock. Pure functions of the surroundings.
 */
import { isIPv4 } from 'node:net';
import { addressTowards, ownAddresses } from '../../rtpengine/network.ts';
import { wslNetwork } from '../lan/wsl.ts';
import { fail, pass, warn, type Finding } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** The oldest Node the package runs on (package.json, `engines`). */
const NODE: readonly [major: number, minor: number] = [20, 19];
const LOOPBACK = /^(127\.|::1$|localhost$)/;
/** Two clocks of one machine that disagree by more are being adjusted under the program's feet. */
const CLOCK_TOLERANCE_MS = 20;

export function checkNode({ nodeVersion }: Surroundings): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major > NODE[0] || (major === NODE[0] && minor >= NODE[1])) {
    return pass('Node.js', `version ${nodeVersion}`);
  }
  return fail(
    'Node.js',
    'NODE_TOO_OLD',
    `Version ${nodeVersion} is too old: ${NODE.join('.')} or newer is needed.`,
    'Install the current LTS release from https://nodejs.org.',
  );
}

/** Where UDP takes a way of its own: WSL 2 behind NAT, Docker Desktop, and other containers. */
export function checkPlatform(machine: Surroundings, sipHost: string): Finding {
  const { platform, kernel } = machine;
  // Before WSL: Docker Desktop on Windows runs its containers in a WSL of its own.
  if (machine.readText('/.dockerenv') !== undefined) return checkContainer(machine, sipHost);
  const wsl = wslNetwork(machine);
  if (wsl === 'mirrored') return pass('Platform', 'WSL 2 with mirrored networking');
  if (wsl === 'nat') {
    return warn(
      'Platform',
      'WSL_NAT',
      'This is WSL 2 with its own network: a phone on Windows reaches it over TCP through localhost, but UDP, and so all audio, is lost.',
      'Run the bridge on Windows itself (npm start there), or put networkingMode=mirrored below [wsl2] into %USERPROFILE%\\.wslconfig and run "wsl --shutdown".',
    );
  }
  return pass('Platform', `${platform} ${kernel}`);
}

function checkContainer({ kernel }: Surroundings, sipHost: string): Finding {
  if (LOOPBACK.test(sipHost)) {
    return warn(
      'Platform',
      'CONTAINER_LOOPBACK',
      `This is a container and the bridge listens on ${sipHost}: no published port reaches it.`,
      'Set sip.server.host and http.host to 0.0.0.0 and publish the ports (docs/guides/docker.md).',
    );
  }
  // Its virtual machine, on Windows and on macOS, calls its kernel so.
  if (/linuxkit|microsoft/i.test(kernel)) {
    return warn(
      'Platform',
      'DOCKER_DESKTOP',
      'This is a container of Docker Desktop: each published UDP port passes through a program of it, which loses the phone’s own address and is one more thing that can fail.',
      'Run the bridge on the computer itself (npm start), or tell phones its address by sip.rtp.advertised.phone and publish few RTP ports.',
    );
  }
  return pass('Platform', `a container, serving on ${sipHost}`);
}

/** Whether the address of the configuration exists here, and which phones can reach. */
export function checkAddresses(machine: Surroundings, sipHost: string): Finding {
  const own = ownAddresses(machine.interfaces, wslNetwork(machine));
  const outside = own.filter(({ family, reach }) => family === 4 && reach !== 'loopback');
  // What is behind a virtual switch reaches this computer only: told where there is nothing else.
  const networks = outside.filter(({ reach }) => reach !== 'host');
  const reachable = (networks.length > 0 ? networks : outside).map(({ address }) => address);
  if (LOOPBACK.test(sipHost)) {
    return pass('Addresses', `${sipHost}: phones on this computer only`);
  }
  if (sipHost === '0.0.0.0' || sipHost === '::') {
    if (reachable.length > 0) return pass('Addresses', `phones reach ${reachable.join(' or ')}`);
    return fail(
      'Addresses',
      'NO_NETWORK',
      'The bridge shall serve a network, but this computer is in none.',
      'Connect it, or use 127.0.0.1 for a phone on this computer.',
    );
  }
  if (own.some(({ address }) => address === sipHost)) {
    return pass('Addresses', `phones reach ${sipHost}`);
  }
  if (!isIPv4(sipHost)) return pass('Addresses', `${sipHost} is left to the name service`);
  return fail(
    'Addresses',
    'NO_NETWORK',
    `${sipHost} is no address of this computer.`,
    `Use one of ${['127.0.0.1', ...reachable].join(', ')} as sip.server.host.`,
  );
}

export interface FirewallPorts {
  readonly tcp: readonly number[];
  /** `5060`, `30000-30199`. */
  readonly udp: readonly string[];
}

/** Nothing can be measured from inside: only said, and only where it matters. */
export function checkFirewall(
  { platform }: Surroundings,
  sipHost: string,
  ports: FirewallPorts,
): Finding {
  if (LOOPBACK.test(sipHost)) return pass('Firewall', 'not between programs of one computer');
  return warn(
    'Firewall',
    'FIREWALL_POSSIBLE',
    'Phones come from the network, and a firewall here may drop their packets without a word.',
    firewallHint(platform, ports),
  );
}

function firewallHint(platform: NodeJS.Platform, { tcp, udp }: FirewallPorts): string {
  const what = `TCP ${tcp.join(', ')} and UDP ${udp.join(', ')}`;
  switch (platform) {
    case 'win32': {
      const rule = (protocol: string, list: readonly unknown[]) =>
        `netsh advfirewall firewall add rule name="SIP Agent Bridge" dir=in action=allow protocol=${protocol} localport=${list.join(',')} remoteip=localsubnet`;
      return `Allow Node.js in Windows Security → Firewall → Allow an app, for private networks (a dialog asks at the first start), or as administrator: ${rule('UDP', udp)} and ${rule('TCP', tcp)}.`;
    }
    case 'darwin':
      return `Allow incoming connections for node in System Settings → Network → Firewall; it needs ${what}.`;
    default:
      return `Open ${what}: with ufw, "sudo ufw allow proto udp to any port ${udp.join(',').replaceAll('-', ':')}" and "sudo ufw allow proto tcp to any port ${tcp.join(',')}"; with firewalld, firewall-cmd --add-port.`;
  }
}

/** Where a datagram to ourselves has to go: a socket for all addresses is reached at the best of them. */
export function echoAddress(machine: Surroundings, sipHost: string): string {
  if (sipHost !== '0.0.0.0' && sipHost !== '::') return sipHost;
  const family = sipHost === '::' ? 6 : 4;
  const own = addressTowards(ownAddresses(machine.interfaces, wslNetwork(machine)), family);
  return own?.address ?? (family === 6 ? '::1' : '127.0.0.1');
}

/** @param elapsed what two clocks measured of the same span, in ms. */
export function checkClock(elapsed: { wall: number; monotonic: number }): Finding {
  const off = Math.abs(elapsed.wall - elapsed.monotonic);
  if (off <= CLOCK_TOLERANCE_MS) return pass('Clock', 'runs evenly');
  return warn(
    'Clock',
    'CLOCK_UNSTEADY',
    `The system clock moved by ${Math.round(off)} ms against the computer's own counter.`,
    'It is being set right now, or the virtual machine was paused: times in logs may be off; try again.',
  );
}
