/** Loudness of a band → colour: from the lane's ground through the voice's hue to the ink. */
import { BANDS } from '../../timeline/spectra.ts';
import type { Side } from '../../timeline/types.ts';
import type { Palette } from './palette.ts';

const TINTS = 256;

export class SpectrumTints {
  readonly #tints: Uint32Array;
  readonly #canvas = new OffscreenCanvas(1, BANDS);
  #image: ImageData | undefined;

  constructor(side: Side, { sunken, voice, ink }: Palette) {
    const ramp = new OffscreenCanvas(TINTS, 1);
    const context = ramp.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('The browser has no canvas.');
    const gradient = context.createLinearGradient(0, 0, TINTS, 0);
    gradient.addColorStop(0, sunken);
    gradient.addColorStop(0.65, voice[side]);
    gradient.addColorStop(1, ink);
    context.fillStyle = gradient;
    context.fillRect(0, 0, TINTS, 1);
    this.#tints = new Uint32Array(context.getImageData(0, 0, TINTS, 1).data.buffer);
  }

  /** One column for each BANDS values, lowest band at the bottom. */
  paint(bands: Uint8Array): { readonly picture: OffscreenCanvas; readonly count: number } {
    const picture = this.#canvas;
    const count = bands.length / BANDS;
    if (picture.width < count) {
      picture.width = count;
      this.#image = undefined;
    }
    const context = picture.getContext('2d');
    if (context === null || count === 0) return { picture, count: 0 };
    const image = (this.#image ??= context.createImageData(picture.width, BANDS));
    const pixels = new Uint32Array(image.data.buffer);
    const { width } = picture;
    for (let i = 0; i < count; i += 1) {
      for (let band = 0; band < BANDS; band += 1) {
        pixels[(BANDS - 1 - band) * width + i] = this.#tints[bands[i * BANDS + band] ?? 0] ?? 0;
      }
    }
    context.putImageData(image, 0, 0, 0, 0, count, BANDS);
    return { picture, count };
  }
}
