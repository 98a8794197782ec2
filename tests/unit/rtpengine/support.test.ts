import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONTROLS } from '../../../rtpengine/embedded/calls.ts';
import { CODEC_RULES, KEYS, VALUES } from '../../../rtpengine/embedded/support.ts';

const PAGE = readFileSync(
  new URL('../../../docs/reference/embedded-rtpengine.md', import.meta.url),
  'utf8',
);
const named = new Set([...PAGE.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));

describe('the reference of the embedded engine', () => {
  test.each(Object.entries({ ...VALUES, codec: CODEC_RULES, key: KEYS }))(
    'names every value of %s',
    (_, { done, implied }) => {
      expect([...done, ...implied].filter((name) => !named.has(name))).toEqual([]);
    },
  );

  test('names every key and every command', () => {
    const all = [...Object.keys(VALUES), 'offer', 'answer', 'delete', 'query', ...CONTROLS];
    expect(all.filter((name) => !named.has(name))).toEqual([]);
  });
});
