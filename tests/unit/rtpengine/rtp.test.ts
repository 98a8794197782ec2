import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify, ssrcOf } from '../../../rtpengine/embedded/rtp.ts';
import { rtpPacket, senderReport } from '../../support/rtp.ts';

const packet = rtpPacket({ sequence: 1, timestamp: 160, ssrc: 0xdeadbeef });

/** The packet with its first byte changed and bytes put behind the header. */
function variant(first: number, inserted: number[] = [], end: number[] = []): Buffer {
  const bytes = Buffer.concat([
    packet.subarray(0, 12),
    Buffer.from(inserted),
    packet.subarray(12),
    Buffer.from(end),
  ]);
  bytes[0] = first;
  return bytes;
}

describe('classify', () => {
  test.each([
    ['a packet', packet],
    ['no payload', packet.subarray(0, 12)],
    ['marker and payload type 101', Buffer.concat([Buffer.from([0x80, 0xe5]), packet.subarray(2)])],
    ['two contributing sources', variant(0x82, [1, 2, 3, 4, 5, 6, 7, 8])],
    ['a header extension', variant(0x90, [0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0])],
    ['padding', variant(0xa0, [], [0, 0, 0, 4])],
  ])('RTP: %s', (_, bytes) => {
    expect(classify(bytes)).toBe('rtp');
  });

  test.each([
    ['a compound packet', senderReport(7)],
    ['an empty receiver report', Buffer.from('80c9000100000007', 'hex')],
  ])('RTCP: %s', (_, bytes) => {
    expect(classify(bytes)).toBe('rtcp');
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a truncated header', packet.subarray(0, 11)],
    ['version 1', variant(0x40)],
    ['STUN', Buffer.from('000100002112a442000102030405060708090a0b', 'hex')],
    ['DTLS', Buffer.from('16fefd0000000000000000', 'hex')],
    ['more contributing sources than bytes', variant(0x8f).subarray(0, 40)],
    ['an extension beyond the end', variant(0x90, [0xbe, 0xde, 0xff, 0xff])],
    ['padding of 0', variant(0xa0, [], [0])],
    ['padding beyond the start', variant(0xa0, [], [255])],
    ['RTCP that is cut off', senderReport(7).subarray(0, 40)],
    ['RTCP with bytes after it', Buffer.concat([senderReport(7), Buffer.alloc(4)])],
    ['a keep-alive of the SIP kind', Buffer.from('\r\n\r\n')],
  ])('malformed: %s', (_, bytes) => {
    expect(classify(bytes)).toBe('malformed');
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 255 }), (bytes, second) => {
        const buffer = Buffer.from(bytes);
        if (buffer.length > 1) buffer.set([0x80 | (buffer.readUInt8(0) & 0x3f), second]);
        expect(['rtp', 'rtcp', 'malformed']).toContain(classify(buffer));
      }),
      { numRuns: 2000 },
    );
  });

  test('the SSRC', () => {
    expect(ssrcOf(packet)).toBe(0xdeadbeef);
  });
});
