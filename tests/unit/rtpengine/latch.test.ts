import { describe, expect, test } from 'vitest';
import { Latch } from '../../../rtpengine/embedded/latch.ts';

const SDP = { address: '192.168.1.20', port: 4000 };
const NAT = { address: '198.51.100.7', port: 61000 };
const STRANGER = { address: '203.0.113.9', port: 5555 };

describe('latch', () => {
  test('sends nowhere before any address is known', () => {
    const latch = new Latch();
    expect(latch.target).toBeUndefined();
    latch.announce(undefined);
    expect(latch.target).toBeUndefined();
  });

  test('sends to the address of the SDP until packets arrive', () => {
    const latch = new Latch();
    latch.announce(SDP);
    expect(latch.target).toEqual(SDP);
    expect(latch.learned).toBeUndefined();
  });

  test('then sends to where they came from', () => {
    const latch = new Latch();
    latch.announce(SDP);
    expect(latch.accept(NAT)).toBe(true);
    expect(latch.target).toEqual(NAT);
    expect(latch.accept(NAT)).toBe(true);
  });

  test('and takes packets from nowhere else', () => {
    const latch = new Latch();
    latch.announce(SDP);
    latch.accept(NAT);
    expect(latch.accept(STRANGER)).toBe(false);
    expect(latch.accept({ ...NAT, port: 61001 })).toBe(false);
    expect(latch.target).toEqual(NAT);
  });

  test('the phone at the address of its SDP throws out a quicker stranger', () => {
    const latch = new Latch();
    latch.announce(SDP);
    expect(latch.accept(STRANGER)).toBe(true);
    expect(latch.accept(SDP)).toBe(true);
    expect(latch.target).toEqual(SDP);
    expect(latch.accept(STRANGER)).toBe(false);
  });

  test('so does one at the same host but another port, and the exact one after it', () => {
    const latch = new Latch();
    latch.announce(SDP);
    latch.accept(STRANGER);
    const sameHost = { address: SDP.address, port: 4002 };
    expect(latch.accept(sameHost)).toBe(true);
    expect(latch.accept({ address: SDP.address, port: 4004 })).toBe(false);
    expect(latch.accept(SDP)).toBe(true);
    expect(latch.accept(sameHost)).toBe(false);
  });

  test('packets before the SDP is known are learned from', () => {
    const latch = new Latch();
    expect(latch.accept(NAT)).toBe(true);
    expect(latch.target).toEqual(NAT);
  });

  test('the same address in a re-INVITE changes nothing', () => {
    const latch = new Latch();
    latch.announce(SDP);
    latch.accept(NAT);
    latch.announce({ ...SDP });
    expect(latch.target).toEqual(NAT);
    expect(latch.accept(STRANGER)).toBe(false);
  });

  test('a new address in a re-INVITE starts anew', () => {
    const latch = new Latch();
    latch.announce(SDP);
    latch.accept(NAT);
    latch.announce({ ...SDP, port: 4010 });
    expect(latch.target).toEqual({ ...SDP, port: 4010 });
    expect(latch.accept({ ...NAT, port: 62000 })).toBe(true);
  });
});
