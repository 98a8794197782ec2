import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, FrameError, FrameReader } from '../../../signaling/drachtio/framing.ts';

describe('frames', () => {
  it('are found wherever the stream is split, counted in bytes', () => {
    const payload = fc
      .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), fc.boolean())
      .map(([text, long]) => (long ? text.repeat(400) : text));
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (payloads, cuts) => {
          const bytes = Buffer.concat(payloads.map((text) => frame(text)));
          const reader = new FrameReader();
          const found: string[] = [];
          let from = 0;
          for (const cut of [...cuts.map((c) => c % bytes.length), bytes.length].sort(
            (a, b) => a - b,
          )) {
            found.push(...reader.push(bytes.subarray(from, cut)).map(String));
            from = cut;
          }
          expect(found).toEqual(payloads);
        },
      ),
    );
  });

  it('put a message behind the meta line', () => {
    expect(frame('a|b', Buffer.from('ü')).toString()).toBe('7#a|b\r\nü');
    expect(frame('ü|ping').toString()).toBe('7#ü|ping');
  });

  it.each(['123456#', '1234567', ' 1#x', '1 #x', '#x', '-1#x', '1\n#'])(
    'refuse the length %j',
    (bytes) => {
      expect(() => new FrameReader().push(Buffer.from(bytes))).toThrow(FrameError);
    },
  );

  it('wait for a length that is still under way', () => {
    const reader = new FrameReader();
    expect(reader.push(Buffer.from('1234'))).toEqual([]);
    expect(reader.push(Buffer.from('5'))).toEqual([]);
    expect(reader.push(Buffer.from('#'))).toEqual([]);
  });
});
