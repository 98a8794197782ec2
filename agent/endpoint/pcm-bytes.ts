/** Samples as the bytes a text-to-speech engine yields. */
import type { Tts } from './types.ts';

export function pcmBytes(samples: Int16Array, encoding: Tts['encoding']): Uint8Array {
  const size = encoding === 's16le' ? 2 : 4;
  const view = new DataView(new ArrayBuffer(samples.length * size));
  samples.forEach((sample, i) => {
    if (encoding === 's16le') view.setInt16(i * 2, sample, true);
    else view.setFloat32(i * 4, sample / 32_768, true);
  });
  return new Uint8Array(view.buffer);
}
