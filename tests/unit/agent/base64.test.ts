import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../../agent/dialects/base64.ts';

it('writes what everybody else writes, and reads it back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = toBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(fromBase64(text)).toEqual(new Uint8Array(bytes));
      expect(fromBase64(text.replace(/=+$/, ''))).toEqual(new Uint8Array(bytes));
    }),
  );
});

it.each(['A', 'AAAAA', '====', 'AA=A', 'AA A', 'AA\n', 'AAA-', 'ÄAAA', '{"a":1}'])(
  'reads no bytes from “%s”',
  (text) => {
    expect(fromBase64(text)).toBeUndefined();
  },
);

it('takes nothing for nothing', () => {
  expect(toBase64(new Uint8Array())).toBe('');
  expect(fromBase64('')).toEqual(new Uint8Array());
});
