import { describe, expect, test } from 'vitest';
import { Latch } from '../../../rtpengine/embedded/latch.ts';

const SDP = { address: '192.168.1.20', port: 4000 };
const NAT = { address: '198.51.100.7', port: 61000 };
const STRANGER = { address: '203.0.113.9', port: 5555 };

describe('latch', () => {
  test('sends nowhere before any address is known', () => {
    const latch = new Latch();
    expect(latch.target).toBeUndefined();
    latch.announce(undefined, 0);
    expect(latch.target).toBeUndefined();
  });

  test('sends to the address of the SDP until packets arrive', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    expect(latch.target).toEqual(SDP);
    expect(latch.learned).toBeUndefined();
  });

  test('then sends to where they came from', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    expect(latch.accept(NAT, 0)).toBe(true);
    expect(latch.target).toEqual(NAT);
    expect(latch.accept(NAT, 0)).toBe(true);
  });

  test('and takes packets from nowhere else', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    latch.accept(NAT, 0);
    expect(latch.accept(STRANGER, 0)).toBe(false);
    expect(latch.accept({ ...NAT, port: 61001 }, 0)).toBe(false);
    expect(latch.target).toEqual(NAT);
  });

  test('the phone at the address of its SDP throws out a quicker stranger', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    expect(latch.accept(STRANGER, 0)).toBe(true);
    expect(latch.accept(SDP, 0)).toBe(true);
    expect(latch.target).toEqual(SDP);
    expect(latch.accept(STRANGER, 0)).toBe(false);
  });

  test('so does one at the same host but another port, and the exact one after it', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    latch.accept(STRANGER, 0);
    const sameHost = { address: SDP.address, port: 4002 };
    expect(latch.accept(sameHost, 0)).toBe(true);
    expect(latch.accept({ address: SDP.address, port: 4004 }, 0)).toBe(false);
    expect(latch.accept(SDP, 0)).toBe(true);
    expect(latch.accept(sameHost, 0)).toBe(false);
  });

  test('packets before the SDP is known are learned from', () => {
    const latch = new Latch();
    expect(latch.accept(NAT, 0)).toBe(true);
    expect(latch.target).toEqual(NAT);
  });

  test('the same address in a re-INVITE changes nothing', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    latch.accept(NAT, 0);
    latch.announce({ ...SDP }, 0);
    expect(latch.target).toEqual(NAT);
    expect(latch.accept(STRANGER, 0)).toBe(false);
  });

  test('a new address in a re-INVITE starts anew', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    latch.accept(NAT, 0);
    latch.announce({ ...SDP, port: 4010 }, 0);
    expect(latch.target).toEqual({ ...SDP, port: 4010 });
    expect(latch.accept({ ...NAT, port: 62000 }, 0)).toBe(true);
  });

  test('who was there before goes on for a moment, and loses the place to who comes', () => {
    // Two phones beside the bridge, both with an address of elsewhere in their SDP: a transfer.
    const latch = new Latch();
    const [alice, bob] = [4000, 5000].map((port) => ({ address: '127.0.0.1', port }));
    if (!alice || !bob) throw new Error('two phones');
    latch.announce(SDP, 0, '127.0.0.1');
    expect(latch.accept(alice, 1)).toBe(true);
    latch.announce({ ...SDP, port: 5000 }, 20, '127.0.0.1');
    expect(latch.accept(alice, 21)).toBe(true);
    expect(latch.accept(bob, 22)).toBe(true);
    expect(latch.accept(alice, 41)).toBe(false);
    expect(latch.accept(bob, 42)).toBe(true);
    expect(latch.target).toEqual(bob);
  });

  test('who comes back to the place it has left, and says so, is there', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    latch.accept(SDP, 1);
    latch.announce(undefined, 10);
    latch.announce(SDP, 20);
    expect(latch.accept(SDP, 21)).toBe(true);
    expect(latch.accept(STRANGER, 22)).toBe(false);
  });

  test('a source at the address SIP came from throws out a stranger', () => {
    // MicroSIP beside the bridge: its SDP says 192.168.1.20, everything it sends is from 127.0.0.1.
    const latch = new Latch();
    const local = { address: '127.0.0.1', port: 4000 };
    latch.announce(SDP, 0, '127.0.0.1');
    expect(latch.accept(STRANGER, 1)).toBe(true);
    expect(latch.accept(local, 2)).toBe(true);
    expect(latch.accept(STRANGER, 3)).toBe(false);
    expect(latch.target).toEqual(local);
  });

  test('after a re-offer the phone may come from elsewhere, once it is silent where it was', () => {
    const latch = new Latch();
    const moved = { ...NAT, port: 62000 };
    latch.announce(SDP, 0);
    latch.accept(NAT, 1000);
    latch.announce(SDP, 1010);
    expect(latch.accept(STRANGER, 1020)).toBe(false);
    expect(latch.accept(NAT, 1030)).toBe(true);
    expect(latch.accept(moved, 1131)).toBe(true);
    expect(latch.target).toEqual(moved);
    expect(latch.accept(STRANGER, 9000)).toBe(false);
  });

  test('a phone that goes on from the same place after a re-offer closes the door', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    latch.accept(NAT, 0);
    latch.announce(SDP, 10);
    expect(latch.accept(NAT, 1011)).toBe(true);
    expect(latch.accept(STRANGER, 5000)).toBe(false);
  });

  test('with media handover every new source is followed', () => {
    const latch = new Latch();
    latch.announce(SDP, 0);
    latch.accept(NAT, 0);
    latch.handover = true;
    expect(latch.accept(STRANGER, 1)).toBe(true);
    expect(latch.target).toEqual(STRANGER);
  });
});
