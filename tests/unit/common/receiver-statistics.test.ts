import { describe, expect, it } from 'vitest';
import { ReceiverStatistics } from '../../../common/receiver-statistics.ts';

/** Feeds packets of 20 ms that arrive exactly when they are due. */
function feed(statistics: ReceiverStatistics, sequences: readonly number[]): void {
  sequences.forEach((sequence) => statistics.update(sequence & 0xffff, 0, 0));
}

describe('receiver statistics', () => {
  it('counts a stream without loss from its very first packet', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [100, 101, 102]);
    expect(statistics).toMatchObject({ received: 3, expected: 3, lost: 0, outOfOrder: 0 });
  });

  it('carries sequence numbers over the wrap (RFC 3550 A.1)', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [65534, 65535, 65536, 65538]);
    expect(statistics.extendedHighestSequence).toBe(65536 + 2);
    expect(statistics).toMatchObject({ received: 4, expected: 5, lost: 1 });
  });

  it('counts a packet reordered across the wrap as late, not as a new cycle', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [65534, 65536, 65535, 65537]);
    expect(statistics).toMatchObject({ received: 4, expected: 4, lost: 0, outOfOrder: 1 });
    expect(statistics.extendedHighestSequence).toBe(65537);
  });

  it('tells loss from reordering and from duplicates', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [1, 2, 4, 3, 3, 7, 7]);
    expect(statistics).toMatchObject({
      received: 5,
      expected: 7,
      lost: 2,
      outOfOrder: 1,
      duplicates: 2,
    });
  });

  it('widens the stream for packets that were sent before the first to arrive', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [10, 8, 11]);
    expect(statistics).toMatchObject({ received: 3, expected: 4, lost: 1, outOfOrder: 1 });
  });

  it('takes a large jump for a restart only when a second packet confirms it', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [1, 2]);
    expect(statistics.update(20_000, 0, 0)).toBe('invalid');
    expect(statistics.update(3, 0, 0)).toBe('in-order');
    expect(statistics.update(40_000, 0, 0)).toBe('invalid');
    expect(statistics.update(40_001, 0, 0)).toBe('restart');
    expect(statistics.update(40_003, 0, 0)).toBe('in-order');
    expect(statistics).toMatchObject({ received: 5, lost: 1 });
  });

  it('keeps its totals over a new source', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [1, 3]);
    statistics.newSource();
    expect(statistics.lost).toBe(1);
    feed(statistics, [500, 502]);
    expect(statistics).toMatchObject({ received: 4, lost: 2, outOfOrder: 0 });
  });

  it('reports loss per interval (RFC 3550 A.3)', () => {
    const statistics = new ReceiverStatistics(8000);
    feed(statistics, [0, 1, 2, 3]);
    expect(statistics.report()).toMatchObject({ fractionLost: 0, cumulativeLost: 0 });
    // 4 expected, 3 received: 1/4 of 256.
    feed(statistics, [4, 6, 7]);
    expect(statistics.report()).toEqual({
      fractionLost: 64,
      cumulativeLost: 1,
      extendedHighestSequence: 7,
      jitter: 0,
    });
    // A late packet more than makes up for nothing lost: the fraction is never negative.
    feed(statistics, [5]);
    expect(statistics.report()).toMatchObject({ fractionLost: 0, cumulativeLost: 0 });
  });

  it('smooths jitter by a sixteenth (RFC 3550 A.8)', () => {
    const statistics = new ReceiverStatistics(8000);
    // Transit in timestamp units: 0, +40, -40 (5 ms late, 5 ms early).
    statistics.update(0, 0, 0);
    expect(statistics.jitter).toBe(0);
    statistics.update(1, 160, 25);
    expect(statistics.jitter).toBe(40 / 16);
    statistics.update(2, 320, 35);
    expect(statistics.jitter).toBe(2.5 + (80 - 2.5) / 16);
    expect(statistics.jitterMs).toBe((2.5 + (80 - 2.5) / 16) / 8);
  });

  it('is blind to a wrap of the timestamp', () => {
    const statistics = new ReceiverStatistics(8000);
    statistics.update(0, 2 ** 32 - 160, 0);
    statistics.update(1, 0, 20);
    expect(statistics.jitter).toBe(0);
  });
});
