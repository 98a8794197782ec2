import { expect, it } from 'vitest';
import { readWav } from '../../../audio/wav.ts';
import { durationOf, HEADER_BYTES, rateOf, wavHeader } from '../../../recording/wav-header.ts';

it('makes a file whose writer went away readable, up to its last whole frame', () => {
  const samples = Uint8Array.from({ length: 4 * 1_000 + 3 }, (_, i) => i);
  const header = wavHeader(16_000, samples.length);
  const wav = readWav(Buffer.concat([header, samples]));
  expect(wav.sampleRate).toBe(16_000);
  expect(wav.channels.map(({ length }) => length)).toEqual([1_000, 1_000]);
  expect(wav.channels[1]?.[0]).toBe(0x0302);
  expect(rateOf(header)).toBe(16_000);
  expect(durationOf(HEADER_BYTES + samples.length, 16_000)).toBe(63);
  expect(durationOf(10, 16_000)).toBe(0);
});
