import { describe, expect, it } from 'vitest';
import {
  addressTowards,
  isPrivate,
  ownAddresses,
  type InterfaceTable,
  type WslNetwork,
} from '../../../rtpengine/network.ts';

const lo = [{ address: '127.0.0.1', internal: true, cidr: '127.0.0.1/8' }];
const on = (cidr: string) => [{ address: cidr.replace(/\/.*/, ''), internal: false, cidr }];

interface Host {
  readonly name: string;
  readonly table: InterfaceTable;
  readonly wsl?: WslNetwork;
  /** address and reach, best first. */
  readonly order: readonly string[];
  /** What each peer is told. */
  readonly told: Readonly<Record<string, string>>;
}

const HOSTS: readonly Host[] = [
  {
    name: 'one network',
    table: { lo, eth0: on('192.168.1.5/24') },
    order: ['192.168.1.5 lan', '127.0.0.1 loopback'],
    told: { '192.168.1.77': '192.168.1.5', '127.0.0.1': '127.0.0.1', '10.1.1.1': '192.168.1.5' },
  },
  {
    name: 'two networks and containers',
    table: {
      docker0: on('172.17.0.1/16'),
      'br-2f1c': on('172.18.0.1/16'),
      lo,
      enp3s0: on('192.168.1.5/24'),
      wlp2s0: on('10.20.0.9/16'),
    },
    order: [
      '192.168.1.5 lan',
      '10.20.0.9 lan',
      '172.17.0.1 host',
      '172.18.0.1 host',
      '127.0.0.1 loopback',
    ],
    told: {
      '10.20.44.1': '10.20.0.9',
      '192.168.1.9': '192.168.1.5',
      '172.17.0.4': '172.17.0.1',
      '203.0.113.9': '192.168.1.5',
    },
  },
  {
    name: 'a small network inside a large one',
    table: { lo, eth0: on('10.0.0.5/8'), eth1: on('10.1.2.3/24') },
    order: ['10.0.0.5 lan', '10.1.2.3 lan', '127.0.0.1 loopback'],
    told: { '10.1.2.9': '10.1.2.3', '10.9.9.9': '10.0.0.5' },
  },
  {
    name: 'a VPN that came up first',
    table: { tun0: on('10.8.0.2/24'), lo, eth0: on('192.168.1.5/24') },
    order: ['192.168.1.5 lan', '10.8.0.2 vpn', '127.0.0.1 loopback'],
    told: { '10.8.0.44': '10.8.0.2', '192.168.1.9': '192.168.1.5', '10.99.0.1': '192.168.1.5' },
  },
  {
    name: 'a tunnel that numbers from 100.64/10',
    table: { lo, en0: on('192.168.1.5/24'), utun4: on('100.101.7.8/32') },
    order: ['192.168.1.5 lan', '100.101.7.8 vpn', '127.0.0.1 loopback'],
    told: { '100.90.1.1': '100.101.7.8', '192.168.1.9': '192.168.1.5' },
  },
  {
    name: 'Windows with WSL, Hyper-V and a virtual switch on its network card',
    table: {
      'vEthernet (WSL (Hyper-V firewall))': on('172.29.16.1/20'),
      'vEthernet (Default Switch)': on('172.20.0.1/20'),
      'VirtualBox Host-Only Network': on('192.168.56.1/24'),
      'vEthernet (External)': on('192.168.1.5/24'),
      'OpenVPN TAP-Windows6': on('10.8.0.6/24'),
      'Loopback Pseudo-Interface 1': lo,
    },
    order: [
      '192.168.1.5 lan',
      '10.8.0.6 vpn',
      '172.29.16.1 host',
      '172.20.0.1 host',
      '192.168.56.1 host',
      '127.0.0.1 loopback',
    ],
    told: { '192.168.1.9': '192.168.1.5', '172.29.20.4': '172.29.16.1' },
  },
  {
    name: 'WSL 2 behind NAT: nothing but Windows reaches it',
    table: { lo, eth0: on('172.29.20.4/20') },
    wsl: 'nat',
    order: ['172.29.20.4 host', '127.0.0.1 loopback'],
    told: { '172.29.16.1': '172.29.20.4' },
  },
  {
    name: 'WSL 2 with mirrored networking',
    table: {
      lo: [...lo, { address: '10.255.255.254', internal: false, cidr: '10.255.255.254/32' }],
      eth0: on('192.168.1.5/24'),
    },
    wsl: 'mirrored',
    order: ['192.168.1.5 lan', '127.0.0.1 loopback', '10.255.255.254 loopback'],
    told: { '192.168.1.9': '192.168.1.5', '203.0.113.9': '192.168.1.5' },
  },
  {
    name: 'a server with a public address and no lease on its other card',
    table: { lo, eth0: on('203.0.113.7/24'), eth1: on('169.254.7.7/16') },
    order: ['169.254.7.7 linkLocal', '203.0.113.7 public', '127.0.0.1 loopback'],
    told: { '203.0.113.9': '203.0.113.7' },
  },
  {
    name: 'IPv6 beside IPv4',
    table: {
      lo,
      eth0: [
        ...on('192.168.1.5/24'),
        { address: 'fe80::1', internal: false, cidr: 'fe80::1/64' },
        { address: 'fd00::5', internal: false, cidr: 'fd00::5/64' },
        { address: '2001:db8::5', internal: false, cidr: '2001:db8::5/64' },
      ],
    },
    order: ['192.168.1.5 lan', 'fd00::5 lan', '2001:db8::5 public', '127.0.0.1 loopback'],
    told: {
      'fd00::99': 'fd00::5',
      '2001:db8::9': '2001:db8::5',
      '::ffff:192.168.1.9': '192.168.1.5',
    },
  },
  { name: 'no network at all', table: { lo }, order: ['127.0.0.1 loopback'], told: {} },
];

describe.each(HOSTS)('$name', ({ table, wsl, order, told }) => {
  const own = ownAddresses(table, wsl);

  it('knows its addresses, the best for phones first', () => {
    expect(own.map(({ address, reach }) => `${address} ${reach}`)).toEqual(order);
  });

  it.each(Object.entries(told))('tells %s to come to %s', (peer, address) => {
    const family = peer.includes('.') ? 4 : 6;
    const plain = peer.replace('::ffff:', '');
    expect(addressTowards(own, family, peer)?.address).toBe(address);
    expect(addressTowards(own, family, plain)?.address).toBe(address);
  });
});

describe('isPrivate', () => {
  it.each([
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fd12::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ])('%s is', (address) => expect(isPrivate(address)).toBe(true));

  it.each([
    '8.8.8.8',
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '2001:db8::1',
    '::ffff:8.8.8.8',
    'host',
    '',
  ])('%s is not', (address) => expect(isPrivate(address)).toBe(false));
});
