import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWav, writeWav } from '../../../audio/wav.ts';
import { BridgeError } from '../../../common/errors.ts';
import { bytesOf, floatBytesOf } from './signals.ts';

interface Parts {
  readonly tag?: number;
  readonly channels?: number;
  readonly bits?: number;
  readonly data?: Uint8Array;
  readonly extraFormat?: readonly number[];
  readonly before?: Uint8Array;
  readonly dataSize?: number;
}

/** A WAV put together by hand, so that reading is not judged by our own writing. */
function wavOf({
  tag = 1,
  channels = 1,
  bits = 16,
  data = new Uint8Array(),
  extraFormat = [],
  before = new Uint8Array(),
  dataSize = data.length,
}: Parts): Uint8Array {
  const size16 = (n: number) => [n & 255, n >> 8];
  const size32 = (n: number) => [...size16(n & 0xffff), ...size16(n >>> 16)];
  const ascii = (text: string) => Array.from(text, (c) => c.charCodeAt(0));
  const align = (channels * bits) / 8;
  const format = [
    ...[...size16(tag), ...size16(channels), ...size32(8000), ...size32(8000 * align)],
    ...[...size16(align), ...size16(bits), ...extraFormat],
  ];
  return Uint8Array.from([
    ...[...ascii('RIFF'), ...size32(0), ...ascii('WAVE')],
    ...before,
    ...[...ascii('fmt '), ...size32(format.length), ...format],
    ...[...ascii('data'), ...size32(dataSize), ...data],
  ]);
}

function failure(bytes: Uint8Array): BridgeError {
  try {
    readWav(bytes);
  } catch (error) {
    if (error instanceof BridgeError) return error;
  }
  throw new Error('No BridgeError was thrown.');
}

it('reads back what it wrote, any number of channels', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.nat(300), (count, length) => {
      const wav = {
        sampleRate: 16_000,
        channels: Array.from({ length: count }, (_, c) =>
          Int16Array.from({ length }, (_, i) => (i * 977 + c * 31_000) << 3),
        ),
      };
      expect(readWav(writeWav(wav))).toEqual(wav);
    }),
  );
});

it('writes the canonical 44-byte header', () => {
  const bytes = writeWav({ sampleRate: 8000, channels: [Int16Array.of(1, -2)] });
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  expect(hex).toBe(
    '52494646' +
      '28000000' +
      '57415645' +
      '666d7420' +
      '10000000' +
      '0100' +
      '0100' +
      '401f0000' +
      '803e0000' +
      '0200' +
      '1000' +
      '64617461' +
      '04000000' +
      '0100' +
      'feff',
  );
});

describe('reading', () => {
  it('µ-law', () => {
    const data = Uint8Array.of(0x00, 0x80, 0xff);
    expect([...(readWav(wavOf({ tag: 7, bits: 8, data })).channels[0] ?? [])]).toEqual([
      -32_124, 32_124, 0,
    ]);
  });

  it('A-law', () => {
    const data = Uint8Array.of(0xaa, 0x2a, 0xd5);
    expect([...(readWav(wavOf({ tag: 6, bits: 8, data })).channels[0] ?? [])]).toEqual([
      32_256, -32_256, 8,
    ]);
  });

  it('8-bit PCM, which is unsigned', () => {
    const data = Uint8Array.of(0, 128, 255);
    expect([...(readWav(wavOf({ bits: 8, data })).channels[0] ?? [])]).toEqual([
      -32_768, 0, 32_512,
    ]);
  });

  it('float32', () => {
    const data = floatBytesOf([0.5, -1, 2]);
    expect([...(readWav(wavOf({ tag: 3, bits: 32, data })).channels[0] ?? [])]).toEqual([
      16_384, -32_768, 32_767,
    ]);
  });

  it('WAVE_FORMAT_EXTENSIBLE, stereo', () => {
    // cbSize, valid bits, channel mask, then the GUID whose first two bytes are the real tag.
    const extraFormat = [22, 0, 16, 0, 3, 0, 0, 0, 1, 0, ...Array<number>(14).fill(0)];
    const data = bytesOf(Int16Array.of(1, -1, 2, -2));
    const wav = readWav(wavOf({ tag: 0xfffe, channels: 2, extraFormat, data }));
    expect(wav.channels.map((channel) => [...channel])).toEqual([
      [1, 2],
      [-1, -2],
    ]);
  });

  it('files with other chunks first, odd ones padded', () => {
    const before = Uint8Array.of(0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0);
    const data = bytesOf(Int16Array.of(5, 6));
    expect([...(readWav(wavOf({ before, data })).channels[0] ?? [])]).toEqual([5, 6]);
  });

  it('recordings that were never finished', () => {
    const data = bytesOf(Int16Array.of(5, 6, 7));
    const bytes = wavOf({ data, dataSize: 0xffffffff });
    expect([...(readWav(bytes).channels[0] ?? [])]).toEqual([5, 6, 7]);
  });

  it('views into larger buffers', () => {
    const wav = { sampleRate: 8000, channels: [Int16Array.of(1, 2, 3)] };
    const shifted = new Uint8Array(100);
    shifted.set(writeWav(wav), 7);
    expect(readWav(shifted.subarray(7, 57))).toEqual(wav);
  });
});

describe('errors say what to do', () => {
  it.each([
    [
      'no WAV at all',
      Uint8Array.from('ID3 not a wave', (c) => c.charCodeAt(0)),
      /no RIFF\/WAVE header/,
    ],
    ['an unknown format', wavOf({ tag: 0x55 }), /does not read format 85 with 16 bits/],
    ['24-bit PCM', wavOf({ bits: 24 }), /does not read format 1 with 24 bits/],
    ['no data', wavOf({}).subarray(0, 36), /holds no audio data/],
    ['no channel', wavOf({ channels: 0 }), /names no channel/],
  ])('%s', (_, bytes, message) => {
    const error = failure(bytes);
    expect(error.code).toBe('BAD_WAV');
    expect(error.message).toMatch(message);
    expect(error.message).toContain('Save it as 16-bit PCM WAV and try again.');
  });

  it('and nothing but a BridgeError comes out, whatever goes in', () => {
    const good = wavOf({ data: bytesOf(Int16Array.of(1, 2, 3)) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255))),
        fc.nat(60),
        (flips, cut) => {
          const bytes = good.slice(0, good.length - Math.min(cut, good.length));
          for (const [at, value] of flips) bytes[at] = value;
          try {
            readWav(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(BridgeError);
          }
        },
      ),
    );
  });

  it('writing refuses channels of different lengths', () => {
    expect(() =>
      writeWav({ sampleRate: 8000, channels: [new Int16Array(1), new Int16Array(2)] }),
    ).toThrow('all of the same length');
  });
});
