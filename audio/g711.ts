/**
 * ITU-T G.711 in both laws, by table: 256 entries to decode, 65,536 to encode, filled once at load
 * with the formulas of the standard's own software (G.191 STL, `g711.c`): negative samples go
 * through the one's complement, so the two halves of the curve are mirror images.
 * https://www.itu.int/rec/T-REC-G.711
 */
export type Law = 'pcmu' | 'pcma';

const MU_BIAS = 33;
const MU_MAX = 0x1fff;

function expandMu(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + (MU_BIAS << 2)) << ((bits >> 4) & 7)) - (MU_BIAS << 2);
  return bits & 0x80 ? -magnitude : magnitude;
}

function expandA(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function compressMu(sample: number): number {
  const magnitude = Math.min(((sample < 0 ? ~sample : sample) >> 2) + MU_BIAS, MU_MAX);
  const segment = 31 - Math.clz32(magnitude) - 5;
  const code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0f);
  return (sample < 0 ? 0x7f : 0xff) ^ code;
}

function compressA(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = magnitude < 16 ? 0 : 31 - Math.clz32(magnitude) - 3;
  const mantissa = segment === 0 ? magnitude : (magnitude >> (segment - 1)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | mantissa) ^ 0x55;
}

const EXPAND: Record<Law, Int16Array> = {
  pcmu: Int16Array.from({ length: 256 }, (_, code) => expandMu(code)),
  pcma: Int16Array.from({ length: 256 }, (_, code) => expandA(code)),
};

/** Indexed by the sample as an unsigned 16-bit number. */
const COMPRESS: Record<Law, Uint8Array> = {
  pcmu: Uint8Array.from({ length: 65_536 }, (_, i) => compressMu((i << 16) >> 16)),
  pcma: Uint8Array.from({ length: 65_536 }, (_, i) => compressA((i << 16) >> 16)),
};

/** Decodes every byte; `out` has room for at least as many samples. */
export function decodeG711(law: Law, bytes: Uint8Array, out: Int16Array): void {
  const table = EXPAND[law];
  for (let i = 0; i < bytes.length; i++) out[i] = table[bytes[i] ?? 0] ?? 0;
}

/** Encodes every sample; `out` has room for at least as many bytes. */
export function encodeG711(law: Law, samples: Int16Array, out: Uint8Array): void {
  const table = COMPRESS[law];
  for (let i = 0; i < samples.length; i++) out[i] = table[(samples[i] ?? 0) & 0xffff] ?? 0;
}
