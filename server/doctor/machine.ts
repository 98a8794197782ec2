/**
 * Checks of the machine itself: Node, WSL and containers, the addresses a phone can reach, the
 * firewall, the clock. Pure functions of the surroundings.
 */
import { isIPv4 } from 'node:net';
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

/** Where UDP takes a way of its own: WSL 2 behind NAT, and containers. */
export function checkPlatform(machine: Surroundings, sipHost: string): Finding {
  const { platform, kernel } = machine;
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
  if (machine.readText('/.dockerenv') !== undefined) {
    if (!LOOPBACK.test(sipHost)) return pass('Platform', `a container, serving on ${sipHost}`);
    return warn(
      'Platform',
      'CONTAINER_LOOPBACK',
      `This is a container and the bridge listens on ${sipHost}: no published port reaches it.`,
      'Set sip.server.host and http.host to 0.0.0.0 and publish the ports (docs/guides/docker.md).',
    );
  }
  return pass('Platform', `${platform} ${kernel}`);
}

/** Whether the address of the configuration exists here, and which phones can reach it. */
export function checkAddresses({ interfaces }: Surroundings, sipHost: string): Finding {
  const own = Object.values(interfaces).flatMap((entries) => entries ?? []);
  const reachable = own
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
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

const FIREWALL: Partial<Record<NodeJS.Platform, string>> = {
  win32:
    'Allow Node.js in Windows Security → Firewall → Allow an app, for private networks; a dialog asks at the first start.',
  darwin: 'Allow incoming connections for node in System Settings → Network → Firewall.',
  linux: 'Open the SIP port (UDP and TCP) and the RTP range (UDP), e.g. with ufw or firewall-cmd.',
};

/** Nothing can be measured from inside: only said, and only where it matters. */
export function checkFirewall({ platform }: Surroundings, sipHost: string): Finding {
  if (LOOPBACK.test(sipHost)) return pass('Firewall', 'not between programs of one computer');
  return warn(
    'Firewall',
    'FIREWALL_POSSIBLE',
    'Phones come from the network, and a firewall here may drop their packets without a word.',
    FIREWALL[platform] ?? 'Open the SIP port (UDP and TCP) and the RTP range (UDP).',
  );
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
