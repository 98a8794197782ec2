import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRtp, RTP_HEADER_BYTES, writeRtpHeader } from '../../../softphone/rtp-packet.ts';

const header = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
});

describe('RTP header', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 320 }), (fields, payload) => {
        const datagram = new Uint8Array(RTP_HEADER_BYTES + payload.length);
        writeRtpHeader(datagram, fields);
        datagram.set(payload, RTP_HEADER_BYTES);
        expect(parseRtp(datagram)).toEqual({ ...fields, payload });
      }),
    );
  });

  it('writes the bytes of RFC 3550 figure 1', () => {
    const bytes = new Uint8Array(12);
    writeRtpHeader(bytes, {
      payloadType: 8,
      marker: true,
      sequence: 0x0102,
      timestamp: 0x03040506,
      ssrc: 0xfffefdfc,
    });
    expect([...bytes]).toEqual([
      0x80, 0x88, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xff, 0xfe, 0xfd, 0xfc,
    ]);
  });

  it('skips contributing sources, an extension and padding', () => {
    const datagram = Uint8Array.of(
      ...[0x80 | 0x20 | 0x10 | 2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
      ...[1, 1, 1, 1, 2, 2, 2, 2],
      ...[0xbe, 0xde, 0, 1, 9, 9, 9, 9],
      ...[10, 11, 12],
      ...[0, 0, 3],
    );
    expect(parseRtp(datagram)?.payload).toEqual(Uint8Array.of(10, 11, 12));
  });

  it.each([
    ['too short', [0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]],
    ['version 1', [0x40, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]],
    ['contributing sources cut off', [0x82, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 1, 1]],
    ['extension header cut off', [0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe]],
    ['extension cut off', [0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1]],
    ['padding longer than the payload', [0xa0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 7]],
    ['padding of zero', [0xa0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0]],
  ])('drops a datagram with %s', (_what, bytes) => {
    expect(parseRtp(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('never throws on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        const packet = parseRtp(noise);
        if (packet) expect(packet.payload.length).toBeLessThanOrEqual(noise.length - 12);
      }),
    );
  });
});
