/** The network's figures: an estimate that agrees with the tables, and counters turned into seconds. */
import { expect, test } from 'vitest';
import { arrivalsOf, ConnectionFigures } from '../../../web/timeline/connection-figures.ts';
import { mosOf } from '../../../web/timeline/mos.ts';

test('the estimate: 4.4 at best, below 4 where people complain, never below 1', () => {
  expect(mosOf({})).toBeCloseTo(4.39, 1);
  expect(mosOf({ lossPercent: 1 })).toBeGreaterThan(4.2);
  expect(mosOf({ lossPercent: 5 })).toBeGreaterThan(3.4);
  expect(mosOf({ lossPercent: 5 })).toBeLessThan(4);
  expect(mosOf({ roundTripMs: 600 })).toBeLessThan(3.8);
  expect(mosOf({ jitterMs: 100 })).toBeLessThan(mosOf({ jitterMs: 10 }));
  expect(mosOf({ lossPercent: 100, roundTripMs: 5_000 })).toBe(1);
});

test('loss is that of the last second, per cent', () => {
  const figures = new ConnectionFigures();
  const stats = (lost: number, received: number) => [
    {
      type: 'inbound-rtp',
      kind: 'audio',
      packetsLost: lost,
      packetsReceived: received,
      jitter: 0.002,
    },
    {
      type: 'remote-inbound-rtp',
      kind: 'audio',
      fractionLost: 0.25,
      roundTripTime: 0.04,
      jitter: 0.001,
    },
    { type: 'inbound-rtp', kind: 'video', packetsLost: 99, packetsReceived: 1 },
    { type: 'transport' },
  ];
  expect(figures.read(stats(0, 50)).toPage).toMatchObject({
    lossPercent: 0,
    jitterMs: 2,
    roundTripMs: 40,
  });
  expect(figures.read(stats(10, 90)).toPage?.lossPercent).toBe(20);
  // A late packet is no lost one any more.
  expect(figures.read(stats(9, 140))).toMatchObject({
    toPage: { lossPercent: 0 },
    toPhone: { lossPercent: 25, jitterMs: 1, roundTripMs: 40 },
  });
  expect(figures.read([])).toEqual({});
});

test('what the bridge tells is of the ways to the media engine', () => {
  const phone = { lossPercent: 0, jitterMs: 2 };
  expect(arrivalsOf({ phone, page: { lossPercent: 100, jitterMs: 0 } })).toEqual({
    fromPhone: { ...phone, mos: mosOf(phone) },
    fromPage: { lossPercent: 100, jitterMs: 0, mos: mosOf({ lossPercent: 100 }) },
  });
  expect(arrivalsOf({})).toEqual({});
});
