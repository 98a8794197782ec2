import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711, type Law } from '../../../audio/g711.ts';

const ALL_CODES = Uint8Array.from({ length: 256 }, (_, code) => code);
const ALL_SAMPLES = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);

function decoded(law: Law, codes: Uint8Array): Int16Array {
  const out = new Int16Array(codes.length);
  decodeG711(law, codes, out);
  return out;
}

function encoded(law: Law, samples: Int16Array): Uint8Array {
  const out = new Uint8Array(samples.length);
  encodeG711(law, samples, out);
  return out;
}

/** G.711 table 2: µ-law values from segment ends and 16 uniform steps, scaled from 14 to 16 bits. */
function standardMu(code: number): number {
  const bits = 255 - code;
  const segment = (bits % 128) >> 4;
  const magnitude = (2 * (bits % 16) + 33) * 2 ** segment - 33;
  return (bits >= 128 ? -4 : 4) * magnitude || 0;
}

/** G.711 table 1: A-law, even bits inverted, scaled from 13 to 16 bits. */
function standardA(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits % 128) >> 4;
  const step = 2 * (bits % 16) + 1;
  const magnitude = segment === 0 ? step : (step + 32) * 2 ** (segment - 1);
  return (bits >= 128 ? 8 : -8) * magnitude;
}

describe.each([
  ['pcmu', standardMu],
  ['pcma', standardA],
] as const)('%s', (law, standard) => {
  it('decodes all 256 codes to the values of the standard', () => {
    expect([...decoded(law, ALL_CODES)]).toEqual([...ALL_CODES].map(standard));
  });

  it('encodes what it decoded to the same code, the µ-law negative zero aside', () => {
    const again = encoded(law, decoded(law, ALL_CODES));
    expect([...again]).toEqual(
      [...ALL_CODES].map((code) => (law === 'pcmu' && code === 0x7f ? 0xff : code)),
    );
  });

  it('encodes every sample below the clipping point within half a step of its segment', () => {
    const codes = encoded(law, ALL_SAMPLES);
    const values = decoded(law, codes);
    const wrong = [...ALL_SAMPLES].filter((sample, i) => {
      const segment = (((codes[i] ?? 0) ^ (law === 'pcmu' ? 0xff : 0x55)) % 128) >> 4;
      const half = law === 'pcmu' ? 4 * 2 ** segment : 8 * 2 ** Math.max(0, segment - 1);
      const clipped = law === 'pcmu' && Math.abs(sample) > 32_635;
      return !clipped && Math.abs((values[i] ?? 0) - sample) > half;
    });
    expect(wrong).toEqual([]);
  });

  it('is symmetric: a sample and its mirror image differ in the sign bit alone', () => {
    const codes = encoded(law, ALL_SAMPLES);
    const mirrored = codes.subarray(32_768).map((code) => code ^ 0x80);
    expect(codes.subarray(0, 32_768)).toEqual(mirrored.reverse());
  });
});

it('knows the codes every engineer knows', () => {
  expect([...encoded('pcmu', Int16Array.of(0, 32_767, -32_768))]).toEqual([0xff, 0x80, 0x00]);
  expect([...encoded('pcma', Int16Array.of(0, 32_767, -32_768))]).toEqual([0xd5, 0xaa, 0x2a]);
  expect([...decoded('pcmu', Uint8Array.of(0x00, 0x80, 0xff))]).toEqual([-32_124, 32_124, 0]);
  expect([...decoded('pcma', Uint8Array.of(0xaa, 0x2a, 0xd5))]).toEqual([32_256, -32_256, 8]);
});

it('writes only as many values as it was given', () => {
  const out = new Int16Array(4).fill(7);
  decodeG711('pcmu', Uint8Array.of(0xff, 0x80), out);
  expect([...out]).toEqual([0, 32_124, 7, 7]);
});
