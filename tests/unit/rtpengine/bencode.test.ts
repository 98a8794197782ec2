import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BencodeError,
  decode,
  encode,
  type Bencoded,
  type Encodable,
} from '../../../rtpengine/embedded/bencode.ts';

/** Byte strings that are UTF-8 come back as strings, so the generator makes the others invalid. */
const binary = fc
  .uint8Array({ maxLength: 20 })
  .map((bytes) => Buffer.concat([Buffer.from([0xff]), Buffer.from(bytes)]));
const { value } = fc.letrec<{ value: Encodable }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeInteger().map((n) => n || 0),
    fc.string({ unit: 'grapheme' }),
    binary,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

/** What decode makes of a value: the same, with dictionaries that have no prototype. */
function decoded(from: Encodable): unknown {
  if (Array.isArray(from)) return from.map(decoded);
  if (typeof from !== 'object' || Buffer.isBuffer(from)) return from;
  const members = Object.entries(from).map(([key, each]) => [key, decoded(each ?? '')]);
  return Object.assign(Object.create(null) as object, Object.fromEntries(members));
}

const text = (source: string): Bencoded => decode(Buffer.from(source, 'latin1'));

describe('bencode', () => {
  test('writes keys in order and lengths in bytes', () => {
    expect(
      encode({ sdp: 'v=0', command: 'offer', flags: ['é', -3], none: undefined }).toString(),
    ).toBe('d7:command5:offer5:flagsl2:éi-3ee3:sdp3:v=0e');
  });

  test('reads keys in any order', () => {
    expect(text('d7:warning1:x6:result2:oke')).toEqual(decoded({ warning: 'x', result: 'ok' }));
  });

  test('keeps binary strings', () => {
    expect(decode(Buffer.from([0x32, 0x3a, 0xff, 0x00]))).toEqual(Buffer.from([0xff, 0x00]));
  });

  test('keys named like members of Object are only keys', () => {
    expect(Object.keys(text('d9:__proto__i1e11:constructori2ee') as object)).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  test.each([
    ['', 'nothing'],
    ['i12', 'an integer without end'],
    ['i01e', 'leading zeros'],
    ['i-0e', 'minus zero'],
    ['ie', 'no digits'],
    ['i+1e', 'a plus'],
    ['i9007199254740993e', 'more than fits'],
    ['5:abc', 'a string beyond the end'],
    ['-1:a', 'a negative length'],
    ['05:abcde', 'a length with a leading zero'],
    ['l', 'a list without end'],
    ['d1:a', 'a key without value'],
    ['d1:ai1e1:ai2ee', 'a key twice'],
    ['di1ei2ee', 'a key that is no string'],
    ['d1:\xffi1ee', 'a key that is not UTF-8'],
    ['i1ei2e', 'two values'],
    ['l'.repeat(10_000), 'a bomb of lists'],
    [`${'l'.repeat(40)}${'e'.repeat(40)}`, 'too deep'],
  ])('refuses %j: %s', (source) => {
    expect(() => text(source)).toThrow(BencodeError);
  });

  test('refuses to write what is no integer', () => {
    expect(() => encode(1.5)).toThrow(BencodeError);
    expect(() => encode(Number.NaN)).toThrow(BencodeError);
  });

  test('round trip', () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(decode(encode(each))).toEqual(decoded(each));
      }),
    );
  });

  test('garbage and damaged messages throw BencodeError or nothing', () => {
    const damaged = fc.tuple(value, fc.nat(), fc.nat({ max: 255 })).map(([each, at, byte]) => {
      const bytes = encode(each);
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
          damaged,
        ),
        (bytes) => {
          try {
            decode(bytes);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(BencodeError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
