import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PortPool, PortsExhausted } from '../../../rtpengine/embedded/ports.ts';

describe('port pool', () => {
  test('pairs start at the first even port and stay within the range', () => {
    const pool = new PortPool(40001, 40006);
    expect([pool.take(), pool.take()]).toEqual([40002, 40004]);
    expect(() => pool.take()).toThrow(PortsExhausted);
    expect(() => pool.take()).toThrow('Ran out of ports');
  });

  test('a pair just given back is the last to be used again', () => {
    const pool = new PortPool(40000, 40005);
    const first = pool.take();
    pool.giveBack(first);
    expect([pool.take(), pool.take(), pool.take()]).toEqual([40002, 40004, first]);
  });

  test('giving back twice gives back once', () => {
    const pool = new PortPool(40000, 40003);
    const port = pool.take();
    pool.giveBack(port);
    pool.giveBack(port);
    expect(pool.free).toBe(2);
  });

  test('a pair in use elsewhere is passed over and stays in the pool', async () => {
    const pool = new PortPool(40000, 40005);
    const tried: number[] = [];
    const port = await pool.open((each) => {
      tried.push(each);
      return each < 40004 ? Promise.reject(inUse()) : Promise.resolve(each);
    });
    expect(port).toBe(40004);
    expect(tried).toEqual([40000, 40002, 40004]);
    expect(pool.free).toBe(2);
  });

  test('when every pair is in use elsewhere the pool is exhausted', async () => {
    const pool = new PortPool(40000, 40005);
    await expect(pool.open(() => Promise.reject(inUse()))).rejects.toThrow(PortsExhausted);
    expect(pool.free).toBe(3);
  });

  test('other failures are not retried and keep no port', async () => {
    const pool = new PortPool(40000, 40005);
    await expect(pool.open(() => Promise.reject(new Error('no such address')))).rejects.toThrow(
      'no such address',
    );
    expect(pool.free).toBe(3);
  });

  test('no port is ever out twice, none gets lost', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (steps) => {
        const pool = new PortPool(40000, 40019);
        const out: number[] = [];
        for (const take of steps) {
          if (take && pool.free > 0) {
            const port = pool.take();
            expect(out).not.toContain(port);
            expect(port % 2).toBe(0);
            out.push(port);
          } else if (!take) {
            const port = out.shift();
            if (port !== undefined) pool.giveBack(port);
          }
          expect(pool.free + pool.used).toBe(10);
          expect(pool.used).toBe(out.length);
        }
      }),
    );
  });
});

function inUse(): Error {
  return Object.assign(new Error('bind EADDRINUSE'), { code: 'EADDRINUSE' });
}
