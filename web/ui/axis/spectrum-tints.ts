/** Loudness of a band → colour: from the lane's ground through the voice's hue to the ink. */
import { BANDS, type Spectra } from '../../timeline/spectra.ts';
import type { Side } from '../../timeline/types.ts';
import type { Palette } from './palette.ts';

const TINTS = 256;

export class SpectrumTints {
  readonly #tints: Uint32Array;
  readonly #canvas = document.createElement('canvas');
  #image: ImageData | undefined;

  constructor(side: Side, { sunken, voice, ink }: Palette) {
    const ramp = document.createElement('canvas');
    ramp.width = TINTS;
    ramp.height = 1;
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

  /** A picture with `count` columns, lowest band at the bottom; `columnOf` says which each shows. */
  paint(spectra: Spectra, count: number, columnOf: (i: number) => number): HTMLCanvasElement {
    const canvas = this.#canvas;
    if (canvas.width < count || canvas.height !== BANDS) {
      canvas.width = count;
      canvas.height = BANDS;
      this.#image = undefined;
    }
    const context = canvas.getContext('2d');
    if (context === null) return canvas;
    const image = (this.#image ??= context.createImageData(canvas.width, BANDS));
    const pixels = new Uint32Array(image.data.buffer);
    const width = canvas.width;
    for (let i = 0; i < count; i += 1) {
      const column = Math.floor(columnOf(i));
      for (let band = 0; band < BANDS; band += 1) {
        pixels[(BANDS - 1 - band) * width + i] = this.#tints[spectra.at(column, band)] ?? 0;
      }
    }
    context.putImageData(image, 0, 0, 0, 0, count, BANDS);
    return canvas;
  }
}
