/**
 * Paints one call's axis on its canvas, picture after picture, as the page says (scene.ts): what stays
 * is shifted, what is new is painted. Runs in the drawing worker.
 */
import type { Entry, Side, TurnSpan } from '../../timeline/types.ts';
import { Viewport } from '../../timeline/viewport.ts';
import { GUTTER, HEIGHT, WORDS, type Row } from './layout.ts';
import type { Palette } from './palette.ts';
import { drawBands, drawMarks, drawRuler, type Marks } from './rows.ts';
import type { Scene } from './scene.ts';
import { SpectrumTints } from './spectrum-tints.ts';
import { drawLane, drawMeter, drawSpectrum, drawWave } from './voices.ts';

const SIDES: readonly Side[] = ['caller', 'agent'];

export interface Size {
  /** CSS pixels, without the gutter. */
  readonly width: number;
  /** The device's pixels in one of them. */
  readonly scale: number;
  readonly palette: Palette;
}

export class AxisPainter {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #viewport = new Viewport();
  #size: Size;
  #tints: Readonly<Record<Side, SpectrumTints>> | undefined;
  #entries: readonly Entry[] = [];
  #turns: readonly TurnSpan[] = [];

  constructor(canvas: OffscreenCanvas, size: Size) {
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('The browser has no canvas.');
    this.#canvas = canvas;
    this.#context = context;
    this.#size = size;
    this.resize(size);
  }

  /** The size has changed, or the colours: all is painted anew next. */
  resize(size: Size): void {
    const { width, scale } = (this.#size = size);
    this.#canvas.width = Math.max(1, Math.round((width + GUTTER) * scale));
    this.#canvas.height = Math.round(HEIGHT * scale);
    // Black otherwise, until somebody looks.
    this.#context.fillStyle = size.palette.surface;
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#tints = undefined;
  }

  paint(scene: Scene): void {
    const { fromMs, spanMs, width, shift, fromX, toX, wordsFromX, levels } = scene;
    this.#entries = scene.entries ?? this.#entries;
    this.#turns = scene.turns ?? this.#turns;
    Object.assign(this.#viewport, { fromMs, spanMs, width });
    if (shift !== 0) this.#shift(shift);
    const { scale, palette } = this.#size;
    const context = this.#context;
    context.setTransform(scale, 0, 0, scale, GUTTER * scale, 0);
    if (fromX <= 0) this.#clear(-GUTTER, GUTTER);
    if (levels !== undefined) {
      for (const side of SIDES) drawMeter(context, side, levels[side], palette);
    }
    if (fromX < toX) {
      this.#within([{ top: 0, height: HEIGHT }], fromX, toX, () => this.#paint(scene));
    }
    const wordsToX = Math.min(fromX, toX);
    if (wordsFromX < wordsToX) {
      const marks = this.#marks(scene, wordsFromX);
      this.#within(Object.values(WORDS), wordsFromX, wordsToX, () => drawMarks(context, marks));
    }
  }

  /** What `draw` paints outside of these rows, between `fromX` and `toX`, is not seen; inside was nothing. */
  #within(rows: readonly Row[], fromX: number, toX: number, draw: () => void): void {
    const context = this.#context;
    context.save();
    context.beginPath();
    for (const { top, height } of rows) context.rect(fromX, top, toX - fromX, height);
    context.clip();
    context.textBaseline = 'middle';
    this.#clear(fromX, toX - fromX);
    draw();
    context.restore();
  }

  #marks({ durationMs, selected }: Scene, fromX: number): Marks {
    const { palette } = this.#size;
    const [entries, turns, viewport] = [this.#entries, this.#turns, this.#viewport];
    return { entries, turns, durationMs, viewport, palette, selected, fromX };
  }

  #paint(scene: Scene): void {
    const { fromX, toX, bars, spectra } = scene;
    const context = this.#context;
    const { palette } = this.#size;
    const viewport = this.#viewport;
    const stretch = { viewport, fromX, toX };
    const marks = this.#marks(scene, fromX);
    for (const side of SIDES) drawLane(context, side, stretch, palette);
    drawBands(context, marks);
    if (spectra !== undefined) {
      this.#tints ??= {
        caller: new SpectrumTints('caller', palette),
        agent: new SpectrumTints('agent', palette),
      };
      for (const side of SIDES) {
        drawSpectrum(context, side, spectra[side], stretch, this.#tints[side]);
      }
    }
    drawRuler(context, marks);
    if (bars !== undefined) {
      for (const side of SIDES) drawWave(context, side, bars[side], viewport, palette);
    }
    drawMarks(context, marks);
  }

  #clear(x: number, width: number): void {
    this.#context.fillStyle = this.#size.palette.surface;
    this.#context.fillRect(x, 0, width, HEIGHT);
  }

  /** All right of the gutter, to the left by so many pixels; to the right where it is negative. */
  #shift(pixels: number): void {
    const { width, height } = this.#canvas;
    const context = this.#context;
    const left = Math.round(GUTTER * this.#size.scale);
    const from = left + Math.max(0, pixels);
    const length = width - left - Math.abs(pixels);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#canvas, from, 0, length, height, from - pixels, 0, length, height);
  }
}
