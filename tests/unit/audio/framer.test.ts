import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PcmFramer } from '../../../audio/framer.ts';

function framed(frameSamples: number): { framer: PcmFramer; frames: number[][] } {
  const frames: number[][] = [];
  return { framer: new PcmFramer(frameSamples, (frame) => frames.push([...frame])), frames };
}

it('cuts any split of a stream into the same frames', () => {
  fc.assert(
    fc.property(fc.int16Array({ maxLength: 500 }), fc.array(fc.nat(90)), (samples, sizes) => {
      const { framer, frames } = framed(32);
      let at = 0;
      for (const size of [...sizes, samples.length]) {
        framer.push(samples.subarray(at, at + size));
        at = Math.min(samples.length, at + size);
        expect(framer.pending).toBe(at % 32);
      }
      const whole = Math.floor(samples.length / 32);
      expect(frames).toHaveLength(whole);
      expect(frames.flat()).toEqual([...samples.subarray(0, whole * 32)]);
    }),
  );
});

it('pads the tail on flush, once', () => {
  const { framer, frames } = framed(4);
  framer.push(Int16Array.of(1, 2, 3, 4, 5));
  framer.flush();
  framer.flush();
  expect(frames).toEqual([
    [1, 2, 3, 4],
    [5, 0, 0, 0],
  ]);
});

it('forgets the tail on reset', () => {
  const { framer, frames } = framed(4);
  framer.push(Int16Array.of(1, 2, 3));
  framer.reset();
  framer.push(Int16Array.of(4, 5, 6, 7));
  expect(frames).toEqual([[4, 5, 6, 7]]);
});
