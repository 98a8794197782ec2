/**
 * Paints one call's axis on a canvas. A picture that has only moved on to the right, as that of a live
 * call does, is shifted and painted at its edge; everything else is painted anew.
 */
import type { Timeline } from '../../timeline/timeline.ts';
import type { Side } from '../../timeline/types.ts';
import type { Viewport } from '../../timeline/viewport.ts';
import { HEIGHT } from './layout.ts';
import type { Palette } from './palette.ts';
import { drawBands, drawMarks, drawRuler, type Scene } from './rows.ts';
import { SpectrumTints } from './spectrum-tints.ts';
import { drawLane, drawSpectrum, drawWave } from './voices.ts';

const SIDES: readonly Side[] = ['caller', 'agent'];
/** Words and labels that begin left of the edge reach into what is new. */
const OVERLAP = 2;

export interface Looks {
  readonly palette: Palette;
  readonly hasSpectrum: boolean;
  readonly selected: number | undefined;
}

export class AxisPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #tints: Readonly<Record<Side, SpectrumTints>> | undefined;
  /** What is on the canvas. */
  #fromMs = NaN;
  #spanMs = NaN;
  #totals: readonly number[] = [];
  #shown: readonly unknown[] = [];

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('The browser has no canvas.');
    this.#canvas = canvas;
    this.#context = context;
  }

  /** The size has changed, or the colours. */
  resize(width: number): void {
    const scale = devicePixelRatio;
    this.#canvas.width = Math.max(1, Math.round(width * scale));
    this.#canvas.height = Math.round(HEIGHT * scale);
    this.#tints = undefined;
    this.#fromMs = NaN;
  }

  paint(timeline: Timeline, viewport: Viewport, looks: Looks): void {
    const { palette, hasSpectrum, selected } = looks;
    const scene: Scene = { timeline, viewport, palette, selected };
    const shown = [timeline, timeline.entries, timeline.turns, hasSpectrum, selected, palette];
    const totals = [timeline.caller.total, timeline.agent.total];
    const moved = (viewport.fromMs - this.#fromMs) / viewport.msPerPixel;
    const isSame = shown.every((value, i) => value === this.#shown[i]);
    const edge = isSame && viewport.spanMs === this.#spanMs ? this.#shift(moved, viewport) : 0;
    // New columns belong to where the last picture ended.
    const known = Math.min(...this.#totals) * 20;
    const fresh = Math.floor(Math.min(edge, viewport.xOf(known)) - OVERLAP);
    this.#paintFrom(edge === 0 ? 0 : Math.max(0, fresh), scene, looks);
    this.#fromMs = viewport.fromMs;
    this.#spanMs = viewport.spanMs;
    this.#shown = shown;
    this.#totals = totals;
  }

  /** @returns from where on nothing is on the canvas; 0 when nothing could be kept. */
  #shift(moved: number, { width }: Viewport): number {
    const pixels = Math.round(moved * devicePixelRatio);
    if (moved < 0 || moved > width / 2 || Math.abs(pixels - moved * devicePixelRatio) > 0.01) {
      return 0;
    }
    if (pixels > 0) {
      const context = this.#context;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.drawImage(this.#canvas, -pixels, 0);
    }
    return width - pixels / devicePixelRatio;
  }

  #paintFrom(x: number, scene: Scene, { palette, hasSpectrum }: Looks): void {
    const context = this.#context;
    const { timeline, viewport } = scene;
    const scale = devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.save();
    context.beginPath();
    context.rect(x, 0, viewport.width - x, HEIGHT);
    context.clip();
    context.fillStyle = palette.surface;
    context.fillRect(x, 0, viewport.width - x, HEIGHT);
    const stretch = { viewport, fromX: x, toX: viewport.width };
    for (const side of SIDES) drawLane(context, side, stretch, palette);
    drawBands(context, scene);
    if (hasSpectrum) {
      this.#tints ??= {
        caller: new SpectrumTints('caller', palette),
        agent: new SpectrumTints('agent', palette),
      };
      drawSpectrum(context, 'caller', timeline.callerSpectra, stretch, this.#tints.caller);
      drawSpectrum(context, 'agent', timeline.agentSpectra, stretch, this.#tints.agent);
    }
    drawRuler(context, scene);
    if (!hasSpectrum) {
      for (const side of SIDES) drawWave(context, side, timeline[side], stretch, palette);
    }
    drawMarks(context, scene);
    context.restore();
  }
}
