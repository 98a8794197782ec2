import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Restamp } from '../../../rtpengine/embedded/restamp.ts';
import { rtpPacket, senderReport } from '../../support/rtp.ts';

const SSRC = 0x01020304;
const packet = (n: number, ssrc = SSRC): Buffer =>
  rtpPacket({ sequence: n, timestamp: n * 160, ssrc });
const own = (restamp: Restamp, at: number, from = at): Buffer =>
  restamp.own(
    {
      payloadType: 8,
      marker: false,
      timestamp: restamp.timestampAt(from),
      payload: Buffer.alloc(160),
    },
    at,
  );
const passed = (restamp: Restamp, n: number, at: number, ssrc = SSRC): Buffer => {
  const copy = packet(n, ssrc);
  restamp.pass(copy, at);
  return copy;
};
const numbers = (each: Buffer): [number, number] => [each.readUInt16BE(2), each.readUInt32BE(4)];

describe('own packets in a relayed stream', () => {
  test('a stream without any passes as it is', () => {
    const restamp = new Restamp();
    for (const n of [65534, 65535, 65536, 3, 2]) {
      expect(passed(restamp, n, n * 20)).toEqual(packet(n));
    }
  });

  test('they go on where it was, and it goes on where they were', () => {
    const restamp = new Restamp();
    passed(restamp, 10, 1000);
    expect(numbers(own(restamp, 1020))).toEqual([11, 11 * 160]);
    expect(numbers(own(restamp, 1040))).toEqual([12, 12 * 160]);
    // The sender's own clock stood still meanwhile.
    const next = passed(restamp, 11, 1060);
    expect(numbers(next)).toEqual([13, 13 * 160]);
    expect(next.readUInt32BE(8)).toBe(SSRC);
    expect(numbers(passed(restamp, 12, 1080))).toEqual([14, 14 * 160]);
    // A packet that was overtaken keeps its place.
    expect(numbers(passed(restamp, 9, 1081))).toEqual([11, 11 * 160]);
  });

  test('another source begins with its own numbers', () => {
    const restamp = new Restamp();
    passed(restamp, 10, 1000);
    own(restamp, 1020);
    passed(restamp, 11, 1040);
    expect(passed(restamp, 500, 1060, 7)).toEqual(packet(500, 7));
  });

  test('with nothing relayed before, they are a stream of their own', () => {
    const restamp = new Restamp();
    const [a, b] = [own(restamp, 0), own(restamp, 20)];
    expect(b.readUInt16BE(2)).toBe((a.readUInt16BE(2) + 1) & 0xffff);
    expect(b.readUInt32BE(4)).toBe((a.readUInt32BE(4) + 160) >>> 0);
    expect(b.readUInt32BE(8)).toBe(a.readUInt32BE(8));
  });

  test('reports speak of the numbers each side knows', () => {
    const restamp = new Restamp();
    passed(restamp, 10, 1000);
    own(restamp, 1020);
    passed(restamp, 20, 1040);
    const sent = senderReport(SSRC);
    sent.writeUInt32BE(20 * 160, 16);
    restamp.shiftSenderReports(sent);
    expect(sent.readUInt32BE(16)).toBe(12 * 160);

    const block = Buffer.alloc(32);
    block.writeUInt32BE(0x81c90007, 0);
    block.writeUInt32BE(99, 4);
    block.writeUInt32BE(SSRC, 8);
    block.writeUInt32BE(0x0001_0000 + 12, 16);
    restamp.unshiftReceiverReports(block);
    expect(block.readUInt32BE(16)).toBe(0x0001_0000 + 20);
  });

  test('whatever is put in wherever, no number is left out and no time goes back', () => {
    const step = fc.record({ own: fc.boolean(), wait: fc.integer({ min: 1, max: 200 }) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 2, maxLength: 60 }),
        fc.integer({ min: 0, max: 0xffff }),
        (steps, first) => {
          const restamp = new Restamp();
          let now = 0;
          let n = first;
          // The sender's timestamps follow the wall clock, as phones' do.
          const out = steps.map(({ own: isOwn, wait }, index) => {
            now += wait;
            if (isOwn && index > 0) return own(restamp, now);
            const next = rtpPacket({ sequence: n++, timestamp: now * 8, ssrc: SSRC });
            restamp.pass(next, now);
            return next;
          });
          for (let i = 1; i < out.length; i++) {
            const [a, b] = [out[i - 1] ?? packet(0), out[i] ?? packet(0)];
            expect((b.readUInt16BE(2) - a.readUInt16BE(2)) & 0xffff).toBe(1);
            expect((b.readUInt32BE(4) - a.readUInt32BE(4)) | 0).toBeGreaterThan(0);
          }
        },
      ),
    );
  });
});
