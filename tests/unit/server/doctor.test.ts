/** The doctor's checks that are functions of the machine, shown machines that are not this one. */
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../common/errors.ts';
import { judgeBrowser } from '../../../server/doctor/chrome.ts';
import {
  checkAddresses,
  checkClock,
  checkFirewall,
  checkNode,
  checkPlatform,
  echoAddress,
} from '../../../server/doctor/machine.ts';
import { ownerInLsof, ownerInSs, pidInNetstat } from '../../../server/doctor/port-owner.ts';
import type { Surroundings } from '../../../server/doctor/surroundings.ts';

const LAN = { address: '192.168.1.20', family: 'IPv4', internal: false };
const PORTS = { tcp: [8080, 5060, 5061], udp: ['5060', '30000-30199'] };
const machine = (over: Partial<Surroundings> = {}, files: Record<string, string> = {}) =>
  ({
    platform: 'linux',
    kernel: '6.1.0',
    nodeVersion: '20.19.0',
    environment: {},
    interfaces: { eth0: [LAN] },
    readText: (path: string) => files[path],
    ...over,
  }) as Surroundings;

describe('a sound machine', () => {
  it('passes', () => {
    for (const finding of [
      checkNode(machine()),
      checkNode(machine({ nodeVersion: '24.1.0' })),
      checkPlatform(machine(), '127.0.0.1'),
      checkAddresses(machine(), '127.0.0.1'),
      checkAddresses(machine(), '192.168.1.20'),
      checkFirewall(machine(), '127.0.0.1', PORTS),
      checkClock({ wall: 100, monotonic: 101 }),
      judgeBrowser('chromium', 'Chromium 156.0.8078.79 built on Debian'),
    ]) {
      expect(finding).toMatchObject({ result: 'pass' });
    }
  });

  it('is told which address phones reach', () => {
    expect(checkAddresses(machine(), '0.0.0.0').message).toBe('phones reach 192.168.1.20');
  });
});

describe('addresses', () => {
  const on = (cidr: string) => [
    { address: cidr.replace(/\/.*/, ''), family: 'IPv4', internal: false, cidr },
  ];
  const interfaces = {
    docker0: on('172.17.0.1/16'),
    tun0: on('10.8.0.2/24'),
    eth0: on('192.168.1.20/24'),
  } as unknown as Surroundings['interfaces'];

  it('of containers are not what phones reach', () => {
    expect(checkAddresses(machine({ interfaces }), '0.0.0.0').message).toBe(
      'phones reach 192.168.1.20 or 10.8.0.2',
    );
    const { docker0 } = interfaces;
    expect(checkAddresses(machine({ interfaces: { docker0 } }), '0.0.0.0').message).toBe(
      'phones reach 172.17.0.1',
    );
  });

  it('are tried by a datagram where phones come in', () => {
    expect(echoAddress(machine({ interfaces }), '0.0.0.0')).toBe('192.168.1.20');
    expect(echoAddress(machine({ interfaces }), '10.8.0.2')).toBe('10.8.0.2');
    expect(echoAddress(machine({ interfaces: {} }), '::')).toBe('::1');
  });
});

it.each([
  ['win32', 'protocol=UDP localport=5060,30000-30199 remoteip=localsubnet'],
  ['win32', 'protocol=TCP localport=8080,5060,5061 remoteip=localsubnet'],
  ['darwin', 'it needs TCP 8080, 5060, 5061 and UDP 5060, 30000-30199.'],
  ['linux', '"sudo ufw allow proto udp to any port 5060,30000:30199"'],
  ['freebsd', 'Open TCP 8080, 5060, 5061 and UDP 5060, 30000-30199'],
] as const)('on %s the firewall is told in its own words: %s', (platform, words) => {
  expect(checkFirewall(machine({ platform }), '0.0.0.0', PORTS).todo).toContain(words);
});

describe('a broken situation', () => {
  const wsl = { kernel: '5.15.153.1-microsoft-standard-WSL2', environment: { USERPROFILE: '/u' } };
  it.each([
    ['NODE_TOO_OLD', 'fail', checkNode(machine({ nodeVersion: '18.20.4' }))],
    ['NODE_TOO_OLD', 'fail', checkNode(machine({ nodeVersion: '20.18.9' }))],
    ['WSL_NAT', 'warn', checkPlatform(machine(wsl), '127.0.0.1')],
    ['CONTAINER_LOOPBACK', 'warn', checkPlatform(machine({}, { '/.dockerenv': '' }), '127.0.0.1')],
    [
      'CONTAINER_LOOPBACK',
      'warn',
      checkPlatform(machine({ kernel: '6.6.12-linuxkit' }, { '/.dockerenv': '' }), '127.0.0.1'),
    ],
    [
      'DOCKER_DESKTOP',
      'warn',
      checkPlatform(machine({ kernel: '6.6.12-linuxkit' }, { '/.dockerenv': '' }), '0.0.0.0'),
    ],
    ['DOCKER_DESKTOP', 'warn', checkPlatform(machine(wsl, { '/.dockerenv': '' }), '0.0.0.0')],
    ['NO_NETWORK', 'fail', checkAddresses(machine({ interfaces: {} }), '0.0.0.0')],
    ['NO_NETWORK', 'fail', checkAddresses(machine(), '10.0.0.9')],
    ['FIREWALL_POSSIBLE', 'warn', checkFirewall(machine({ platform: 'win32' }), '0.0.0.0', PORTS)],
    ['CLOCK_UNSTEADY', 'warn', checkClock({ wall: 3600_100, monotonic: 100 })],
    ['BROWSER_OLD', 'warn', judgeBrowser('chrome', 'Google Chrome 120.0.6099.109')],
    ['BROWSER_UNSUPPORTED', 'fail', judgeBrowser('chrome', 'Google Chrome 90.0.4430.93')],
  ])('%s is diagnosed', (code, result, finding) => {
    expect(finding).toMatchObject({ code, result });
    expect(ERRORS).toHaveProperty(code);
    expect(finding.todo).toMatch(/\.$/);
  });

  it('is none in WSL with mirrored networking', () => {
    const mirrored = machine(wsl, { '/u/.wslconfig': '[wsl2]\nnetworkingMode=mirrored\n' });
    expect(checkPlatform(mirrored, '127.0.0.1').result).toBe('pass');
  });
});

describe('who holds a port', () => {
  it('is read from ss, lsof and netstat', () => {
    const ss =
      'UNCONN 0 0 127.0.0.1:5061 0.0.0.0:* users:(("other",pid=1,fd=3))\n' +
      'UNCONN 0 0 127.0.0.1:5060 0.0.0.0:* users:(("microsip",pid=4711,fd=3))\n';
    expect(ownerInSs(ss, 5060)).toBe('microsip (4711)');
    expect(ownerInSs(ss, 506)).toBeUndefined();
    expect(ownerInLsof('COMMAND PID USER\nnode 42 anna 20u\n')).toBe('node (42)');
    expect(ownerInLsof('')).toBeUndefined();
    const netstat =
      '  Proto  Local Address          Foreign Address        State           PID\r\n' +
      '  UDP    127.0.0.1:50600        *:*                                    1\r\n' +
      '  UDP    127.0.0.1:5060         *:*                                    4711\r\n';
    expect(pidInNetstat(netstat, 5060)).toBe('4711');
    expect(pidInNetstat(netstat, 5061)).toBeUndefined();
  });
});
