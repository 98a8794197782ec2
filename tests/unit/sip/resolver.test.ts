import { describe, expect, it } from 'vitest';
import {
  inOrder,
  resolve,
  type Resolver,
  type SrvRecord,
} from '../../../signaling/sip/resolver.ts';

function fake(
  srv: Record<string, SrvRecord[]>,
  hosts: Record<string, string[]>,
): Resolver & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    srv: (name) => {
      asked.push(`SRV ${name}`);
      return Promise.resolve(srv[name] ?? []);
    },
    addresses: (name, family) => {
      asked.push(`A ${name} ${family}`);
      const found = hosts[name];
      return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
    },
  };
}

const record = (name: string, port: number, priority = 0, weight = 0): SrvRecord => ({
  name,
  port,
  priority,
  weight,
});
const HOSTS = { 'example.org': ['192.0.2.1'], one: ['192.0.2.2', '192.0.2.3'], two: ['192.0.2.4'] };

describe('RFC 3263 §4.2', () => {
  it('a name with a port: addresses only', async () => {
    const resolver = fake({}, HOSTS);
    const query = { host: 'example.org', port: 5070, protocols: ['udp'], family: 4 } as const;
    expect(await resolve(resolver, query)).toEqual({
      protocol: 'udp',
      places: [{ address: '192.0.2.1', port: 5070 }],
    });
    expect(resolver.asked).toEqual(['A example.org 4']);
  });

  it('without one: SRV of the transport, by priority, each with its own port', async () => {
    const resolver = fake(
      { '_sip._udp.example.org': [record('two', 5072, 20), record('one', 5071, 10)] },
      HOSTS,
    );
    const query = { host: 'example.org', port: undefined, protocols: ['udp'], family: 4 } as const;
    expect((await resolve(resolver, query)).places).toEqual([
      { address: '192.0.2.2', port: 5071 },
      { address: '192.0.2.3', port: 5071 },
      { address: '192.0.2.4', port: 5072 },
    ]);
  });

  it('a transport that only SRV knows is used; without any SRV the name itself, port 5060', async () => {
    const query = {
      host: 'example.org',
      port: undefined,
      protocols: ['udp', 'tcp'],
      family: 0,
    } as const;
    const tcp = fake({ '_sip._tcp.example.org': [record('two', 5080)] }, HOSTS);
    expect(await resolve(tcp, query)).toEqual({
      protocol: 'tcp',
      places: [{ address: '192.0.2.4', port: 5080 }],
    });
    expect(await resolve(fake({}, HOSTS), query)).toEqual({
      protocol: 'udp',
      places: [{ address: '192.0.2.1', port: 5060 }],
    });
  });

  it('a target that does not resolve is passed over; a record for the root means no service', async () => {
    const query = { host: 'example.org', port: undefined, protocols: ['udp'], family: 4 } as const;
    const half = fake({ '_sip._udp.example.org': [record('gone', 1), record('two', 2, 5)] }, HOSTS);
    expect((await resolve(half, query)).places).toEqual([{ address: '192.0.2.4', port: 2 }]);
    const none = fake({ '_sip._udp.example.org': [record('', 0)] }, HOSTS);
    expect((await resolve(none, query)).places).toEqual([]);
  });

  it('a name that leads nowhere, and a resolver that throws', async () => {
    const query = { host: 'x', port: undefined, protocols: ['udp'], family: 4 } as const;
    expect((await resolve(fake({}, {}), query)).places).toEqual([]);
    const broken: Resolver = {
      srv: () => Promise.reject(new Error('no')),
      addresses: () => Promise.resolve([]),
    };
    expect((await resolve(broken, query)).places).toEqual([]);
  });
});

it('RFC 2782: within a priority the weights decide how often a record is first', () => {
  let seed = 1;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const first = { a: 0, b: 0 };
  for (let i = 0; i < 4000; i++) {
    const [head] = inOrder(
      [record('a', 1, 0, 30), record('b', 1, 0, 10), record('z', 1, 1, 99)],
      random,
    );
    if (head?.name === 'a' || head?.name === 'b') first[head.name]++;
  }
  expect(first.a + first.b).toBe(4000);
  expect(first.a / 4000).toBeCloseTo(0.75, 1);
});
