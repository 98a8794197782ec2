import { expect, it } from 'vitest';
import { Sources } from '../../../../server/lan/sources.ts';

it('drops what comes from outside private networks, counts it and says so once a minute', () => {
  let now = 0;
  const lines: unknown[][] = [];
  const sources = new Sources(
    (...line) => lines.push(line),
    () => now,
  );
  expect(sources.admits('sip', '192.168.1.9')).toBe(true);
  expect(sources.admits('http', '::1')).toBe(true);
  expect(sources.admits('rtp', '::ffff:10.0.0.9')).toBe(true);
  expect(lines).toEqual([]);

  expect(sources.admits('sip', '203.0.113.9')).toBe(false);
  expect(sources.admits('sip', '203.0.113.9')).toBe(false);
  expect(sources.admits('http', '2001:db8::1')).toBe(false);
  expect(sources.refused).toEqual({ sip: 2, rtp: 0, http: 1 });
  expect(lines).toEqual([
    [
      'warn',
      'SIP from 203.0.113.9 was dropped: that is no address of a private network.',
      { code: 'SOURCE_REFUSED' },
    ],
  ]);
  now = 60_000;
  expect(sources.admits('rtp', '')).toBe(false);
  expect(lines).toHaveLength(2);
});
