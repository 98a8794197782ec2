import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRtcp, writeRtcp } from '../../../softphone/rtcp.ts';

const LOSS = { fractionLost: 64, cumulativeLost: 3, extendedHighestSequence: 65540, jitter: 7 };

describe('RTCP', () => {
  it('writes SR, CNAME and BYE as RFC 3550 section 6 lays them out', () => {
    const bytes = Buffer.from(
      writeRtcp({
        ssrc: 0x01020304,
        cname: 'ab',
        wallMs: 500,
        sent: { timestamp: 160, packets: 2, octets: 320 },
        received: { ssrc: 0x0a0b0c0d, loss: LOSS, lastSenderReport: 0x11223344, delaySinceLast: 9 },
        bye: true,
      }),
    ).toString('hex');
    expect(bytes).toBe(
      '81c8000c01020304' +
        // 2208988800 s and one half
        '83aa7e8080000000' +
        '000000a00000000200000140' +
        '0a0b0c0d4000000300010004000000071122334400000009' +
        '81ca000301020304' +
        '0102616200000000' +
        '81cb000101020304',
    );
  });

  it('reports reception only before anything was sent', () => {
    const bytes = writeRtcp({ ssrc: 1, cname: 'abc', wallMs: 0, bye: false });
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '80c90001' + '00000001' + '81ca0003' + '00000001' + '0103616263000000',
    );
  });

  it('reads what concerns it: the clock, the report about our stream, BYE', () => {
    const bytes = writeRtcp({
      ssrc: 5,
      cname: 'x',
      wallMs: 1_700_000_000_250,
      sent: { timestamp: 1, packets: 1, octets: 1 },
      received: { ssrc: 77, loss: LOSS, lastSenderReport: 0, delaySinceLast: 0 },
      bye: true,
    });
    const seconds = (1_700_000_000 + 2_208_988_800) % 65536;
    expect(parseRtcp(bytes, 77)).toEqual({
      senderReport: seconds * 65536 + 0x4000,
      aboutUs: { fractionLost: 0.25, cumulativeLost: 3 },
      bye: true,
    });
    expect(parseRtcp(bytes, 78)).toEqual({ senderReport: seconds * 65536 + 0x4000, bye: true });
  });

  it('reads a loss below zero, which duplicates make', () => {
    const bytes = writeRtcp({
      ssrc: 5,
      cname: 'x',
      wallMs: 0,
      received: {
        ssrc: 77,
        loss: { ...LOSS, cumulativeLost: -2 },
        lastSenderReport: 0,
        delaySinceLast: 0,
      },
      bye: false,
    });
    expect(parseRtcp(bytes, 77)?.aboutUs?.cumulativeLost).toBe(-2);
  });

  it('never throws on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
        parseRtcp(noise, 1);
        if (noise.length > 0) parseRtcp(Uint8Array.of(0x81, 200, ...noise), 1);
      }),
    );
    expect(parseRtcp(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0), 1)).toBeUndefined();
  });
});
