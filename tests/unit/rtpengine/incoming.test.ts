import { describe, expect, test } from 'vitest';
import { Incoming } from '../../../rtpengine/embedded/incoming.ts';
import { rtpPacket } from '../../support/rtp.ts';

const packet = (sequence: number, timestamp = sequence * 160, ssrc = 1, payloadType = 0) =>
  rtpPacket({ sequence, timestamp, ssrc, payloadType });

/** The sequence numbers that are handed on. */
function pass(incoming: Incoming, packets: readonly Buffer[]): number[] {
  return packets
    .filter((each, n) => incoming.take(each, n * 20))
    .map((each) => each.readUInt16BE(2));
}

describe('what a peer sends', () => {
  test('passes as it is across the wrap of the sequence numbers', () => {
    const incoming = new Incoming();
    const numbers = [65533, 65534, 65535, 0, 1, 2];
    expect(
      pass(
        incoming,
        numbers.map((n) => packet(n)),
      ),
    ).toEqual(numbers);
    expect(incoming.statistics.lost).toBe(0);
  });

  test('passes late packets in their place, and duplicates once', () => {
    const incoming = new Incoming();
    const numbers = [10, 11, 13, 13, 12, 12, 10, 14];
    expect(
      pass(
        incoming,
        numbers.map((n) => packet(n)),
      ),
    ).toEqual([10, 11, 13, 12, 14]);
    expect(incoming.statistics).toMatchObject({
      received: 5,
      duplicates: 3,
      outOfOrder: 1,
      lost: 0,
    });
  });

  test('counts what never came', () => {
    const incoming = new Incoming();
    pass(
      incoming,
      [1, 2, 5, 6].map((n) => packet(n)),
    );
    expect(incoming.statistics.lost).toBe(2);
  });

  test('goes on with another SSRC, whatever its numbers', () => {
    const incoming = new Incoming();
    expect(pass(incoming, [packet(40_000), packet(5, 0, 2), packet(6, 160, 2)])).toEqual([
      40_000, 5, 6,
    ]);
    expect(incoming).toMatchObject({ ssrc: 2, sources: 2, restarts: 0 });
    expect(incoming.statistics.lost).toBe(0);
  });

  test('renumbers a stream that starts anew under the same SSRC', () => {
    const incoming = new Incoming();
    const sent = [20_000, 20_001, 3, 4, 6, 5].map((n) => packet(n));
    expect(pass(incoming, sent)).toEqual([20_000, 20_001, 20_002, 20_003, 20_005, 20_004]);
    expect(incoming.restarts).toBe(1);
  });

  test('leaves a jump ahead and a restart of timestamps as they are', () => {
    const incoming = new Incoming();
    const sent = [packet(1, 4_294_967_000), packet(2, 100), packet(9000, 50), packet(9001, 210)];
    expect(pass(incoming, sent)).toEqual([1, 2, 9000, 9001]);
    expect(sent.map((each) => each.readUInt32BE(4))).toEqual([4_294_967_000, 100, 50, 210]);
  });

  test('measures jitter without telephone-event, whose timestamps stand still', () => {
    const incoming = new Incoming();
    incoming.eventTypes = new Set([101]);
    const audio = Array.from({ length: 20 }, (_, n) => packet(n));
    const event = Array.from({ length: 20 }, (_, n) => packet(20 + n, 3200, 1, 101));
    pass(incoming, [...audio, ...event]);
    expect(incoming.statistics.jitterMs).toBe(0);
  });
});
