import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extensionFor, type Extension } from '../../../signaling/extensions.ts';

const list: readonly Extension[] = [
  { key: 'default', to: { kind: 'page', user: 'reception' } },
  { key: '1001', to: { kind: 'page', user: 'sales' } },
  { key: '2xxx', to: { kind: 'phone', user: '{dialled}' }, ringMs: 5000 },
  { key: '/^9(11|99)$/', to: { kind: 'phone', user: 'guard' } },
  { key: '2001', to: { kind: 'page', user: 'never reached' } },
  { key: '*xx', to: { kind: 'phone', user: 'star' } },
];
const keyFor = (dialled: string): string => extensionFor(dialled, list).key;

describe('extensionFor', () => {
  it.each([
    ['1001', '1001'],
    ['2001', '2xxx'],
    ['2999', '2xxx'],
    ['911', '/^9(11|99)$/'],
    ['*42', '*xx'],
  ])('%s is found under %s', (dialled, key) => {
    expect(keyFor(dialled)).toBe(key);
  });

  it.each(['20011', '12001', '2abc', '9110', '', 'agent001'])('%j is default', (dialled) => {
    expect(keyFor(dialled)).toBe('default');
  });

  it('rings any page where nothing is configured', () => {
    expect(extensionFor('1000', [])).toEqual({ key: 'default', to: { kind: 'page' } });
  });

  it('takes a key that is no pattern as it stands, and never throws', () => {
    const odd: Extension = { key: '/(/', to: { kind: 'page' } };
    expect(extensionFor('/(/', [odd])).toBe(odd);
    fc.assert(
      fc.property(fc.string(), fc.string(), (key, dialled) => {
        extensionFor(dialled, [{ key, to: { kind: 'page' } }]);
      }),
    );
  });
});
