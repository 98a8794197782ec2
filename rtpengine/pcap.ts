/**
 * Captured datagrams as a file that Wireshark and its kin open: each one a UDP packet between the
 * addresses it went between, without any link layer.
 * pcap: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-06.html, link type 101, raw IP.
 */
import { isIPv4, isIPv6 } from 'node:net';

export interface PcapEndpoint {
  readonly address: string;
  readonly port: number;
}

export interface PcapDatagram {
  /** Unix ms. */
  readonly at: number;
  readonly source: PcapEndpoint;
  readonly target: PcapEndpoint;
  readonly payload: Buffer;
}

const RAW_IP = 101;
const SNAP_LENGTH = 262_144;
const UDP = 17;
/** The most that the length field of an IP packet can say, less its headers. */
const MAX_PAYLOAD = 65_535 - 48;

/** What a capture file begins with. */
export function pcapHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(RAW_IP, 20);
  return header;
}

export function pcapRecord({ at, source, target, payload: whole }: PcapDatagram): Buffer {
  const payload = whole.subarray(0, MAX_PAYLOAD);
  const v6 = isIPv6(source.address) || isIPv6(target.address);
  const ip = v6 ? ipv6(source, target, payload) : ipv4(source, target, payload);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(Math.floor(at / 1000), 0);
  record.writeUInt32LE(Math.floor((at % 1000) * 1000), 4);
  record.writeUInt32LE(ip.length, 8);
  record.writeUInt32LE(ip.length, 12);
  return Buffer.concat([record, ip]);
}

/** RFC 791 §3.1: https://www.rfc-editor.org/rfc/rfc791#section-3.1 */
function ipv4(source: PcapEndpoint, target: PcapEndpoint, payload: Buffer): Buffer {
  const addresses = Buffer.concat([bytesOfV4(source.address), bytesOfV4(target.address)]);
  const datagram = udp(source.port, target.port, payload, addresses);
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + datagram.length, 2);
  header[8] = 64;
  header[9] = UDP;
  addresses.copy(header, 12);
  header.writeUInt16BE(checksum([header]), 10);
  return Buffer.concat([header, datagram]);
}

/** RFC 8200 §3: https://www.rfc-editor.org/rfc/rfc8200#section-3 */
function ipv6(source: PcapEndpoint, target: PcapEndpoint, payload: Buffer): Buffer {
  const addresses = Buffer.concat([bytesOfV6(source.address), bytesOfV6(target.address)]);
  const datagram = udp(source.port, target.port, payload, addresses);
  const header = Buffer.alloc(8);
  header[0] = 0x60;
  header.writeUInt16BE(datagram.length, 4);
  header[6] = UDP;
  header[7] = 64;
  return Buffer.concat([header, addresses, datagram]);
}

function udp(from: number, to: number, payload: Buffer, addresses: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  const pseudo = Buffer.alloc(4);
  pseudo[1] = UDP;
  pseudo.writeUInt16BE(8 + payload.length, 2);
  // Zero would say that there is no checksum.
  header.writeUInt16BE(checksum([addresses, pseudo, header, payload]) || 0xffff, 6);
  return Buffer.concat([header, payload]);
}

/** The Internet checksum over parts of even length (but the last). RFC 1071. */
function checksum(parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts)
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

/** What is no address (a real drachtio does not tell all of them) becomes 0.0.0.0. */
function bytesOfV4(address: string): Buffer {
  return isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : Buffer.alloc(4);
}

function bytesOfV6(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  if (!isIPv6(address)) return bytes;
  const [plain = ''] = address.split('%');
  const [left = '', right] = plain.split('::');
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (!group.includes('.')) return [parseInt(group, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
          return [(a << 8) | b, (c << 8) | d];
        });
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  for (const [i, group] of head.entries()) bytes.writeUInt16BE(group, i * 2);
  for (const [i, group] of tail.entries()) bytes.writeUInt16BE(group, 16 - (tail.length - i) * 2);
  return bytes;
}
