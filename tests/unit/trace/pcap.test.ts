import { expect, it } from 'vitest';
import { pcapOf } from '../../../signaling/trace/pcap.ts';
import type { TraceEntry } from '../../../signaling/trace/ring.ts';

const entry: TraceEntry = {
  at: 1_700_000_000_123,
  direction: 'in',
  protocol: 'udp',
  local: { address: '127.0.0.1', port: 5060 },
  remote: { address: '192.0.2.7', port: 50000 },
  text: 'OPTIONS sip:é SIP/2.0\r\n\r\n',
  sipCallId: 'x',
  callId: 'x',
  leg: 'phone',
};

/** The packets of a capture, without their records' headers. */
function packets(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 24; at < file.length;) {
    const length = file.readUInt32LE(at + 8);
    found.push(file.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return found;
}

/** 0xffff when the checksum in the data is right. */
function sum(data: Buffer): number {
  let total = 0;
  for (let i = 0; i < data.length; i += 2) total += ((data[i] ?? 0) << 8) | (data[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

it('writes the header of a capture of raw IP packets, and the time', () => {
  const file = pcapOf([entry]);
  expect(file.readUInt32LE(0)).toBe(0xa1b2c3d4);
  expect(file.readUInt32LE(20)).toBe(101);
  expect(file.readUInt32LE(24)).toBe(1_700_000_000);
  expect(file.readUInt32LE(28)).toBe(123_000);
});

it('IPv4: addresses, ports, lengths and checksums are true', () => {
  const [packet = Buffer.alloc(0)] = packets(pcapOf([entry]));
  const text = Buffer.from(entry.text);
  expect([...packet.subarray(12, 20)]).toEqual([192, 0, 2, 7, 127, 0, 0, 1]);
  expect(packet.readUInt16BE(2)).toBe(packet.length);
  expect(sum(packet.subarray(0, 20))).toBe(0xffff);
  expect(packet.readUInt16BE(20)).toBe(50000);
  expect(packet.readUInt16BE(22)).toBe(5060);
  expect(packet.subarray(28)).toEqual(text);
  const pseudo = Buffer.from([0, 17, 0, packet.length - 20]);
  expect(sum(Buffer.concat([packet.subarray(12, 20), pseudo, packet.subarray(20)]))).toBe(0xffff);
});

it('what goes out has the addresses the other way round', () => {
  const [packet = Buffer.alloc(0)] = packets(pcapOf([{ ...entry, direction: 'out' }]));
  expect([...packet.subarray(12, 20)]).toEqual([127, 0, 0, 1, 192, 0, 2, 7]);
});

it.each([
  ['::1', '00000000000000000000000000000001'],
  ['2001:db8::ff:1', '20010db80000000000000000' + '00ff0001'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
])('IPv6 %s', (address, hex) => {
  const six = { address, port: 5060 };
  const [packet = Buffer.alloc(0)] = packets(pcapOf([{ ...entry, local: six, remote: six }]));
  expect(packet[0]).toBe(0x60);
  expect(packet.subarray(8, 24).toString('hex')).toBe(hex);
  const pseudo = Buffer.from([0, 17, 0, packet.length - 40]);
  expect(sum(Buffer.concat([packet.subarray(8, 40), pseudo, packet.subarray(40)]))).toBe(0xffff);
});

it('an address that is not known is 0.0.0.0; a message too large for IP is cut', () => {
  const file = pcapOf([{ ...entry, remote: { address: '', port: 0 }, text: 'x'.repeat(70_000) }]);
  const [packet = Buffer.alloc(0)] = packets(file);
  expect([...packet.subarray(12, 16)]).toEqual([0, 0, 0, 0]);
  expect(packet.length).toBeLessThanOrEqual(65_535);
});
