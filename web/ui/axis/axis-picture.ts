/** One canvas with one call's axis on it: looks at what there is, and has painted what is not there yet. */
import type { VoiceLevel } from '../../bridge/voice-level.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import type { Side } from '../../timeline/types.ts';
import type { Viewport } from '../../timeline/viewport.ts';
import { Drawing } from './drawing.ts';
import { GUTTER } from './layout.ts';
import type { Size } from './painter.ts';
import type { Palette } from './palette.ts';
import { SceneMaker, type Level } from './scene.ts';

export interface Shown {
  readonly timeline: Timeline;
  readonly viewport: Viewport;
  readonly hasSpectrum: boolean;
  readonly selected: number | undefined;
  /** Absent for a call that is over. */
  readonly callerLevel: VoiceLevel | undefined;
  readonly agentLevel: VoiceLevel | undefined;
}

export class AxisPicture {
  readonly canvas: HTMLCanvasElement;
  readonly #onPainted: (fromMs: number) => void;
  readonly #scenes = new SceneMaker();
  #drawing: Drawing | undefined;
  #size: Size | undefined;
  #levels: Readonly<Record<Side, Level>> | undefined;

  /** @param onPainted the picture is on the canvas; where it begins. */
  constructor(canvas: HTMLCanvasElement, onPainted: (fromMs: number) => void) {
    this.canvas = canvas;
    this.#onPainted = onPainted;
  }

  /** Its place has another size, or the colours are others. @returns the width of the rows; 0: none yet. */
  resize(palette: () => Palette): number {
    const width = this.canvas.clientWidth - GUTTER;
    if (width <= 0) return 0;
    this.#size = { width, scale: devicePixelRatio, palette: palette() };
    this.#drawing?.resize(this.#size);
    this.#scenes.forget();
    return width;
  }

  /** What has changed by now; while a picture is under way, what has changed then. */
  paint({ timeline, viewport, hasSpectrum, selected, callerLevel, agentLevel }: Shown): void {
    const size = this.#size;
    if (size === undefined || this.#drawing?.isPainting === true) return;
    this.#drawing ??= new Drawing(this.canvas, size, this.#onPainted);
    const { palette, scale } = size;
    this.#levels = levelsOf(this.#levels, callerLevel, agentLevel);
    const levels = this.#levels;
    const looks = { palette, scale, hasSpectrum, selected, levels };
    const scene = this.#scenes.next(timeline, viewport, looks);
    if (scene !== undefined) this.#drawing.paint(scene);
  }

  close(): void {
    this.#drawing?.close();
  }
}

/** The same object as long as nothing else is to be drawn. */
function levelsOf(
  before: Readonly<Record<Side, Level>> | undefined,
  caller: VoiceLevel | undefined,
  agent: VoiceLevel | undefined,
): Readonly<Record<Side, Level>> | undefined {
  if (caller === undefined || agent === undefined) return undefined;
  const isSame =
    before !== undefined && isEqual(before.caller, caller) && isEqual(before.agent, agent);
  return isSame ? before : { caller: levelOf(caller), agent: levelOf(agent) };
}

function levelOf({ rmsDbfs, peakDbfs, clipped }: Level): Level {
  return { rmsDbfs, peakDbfs, clipped };
}

function isEqual(a: Level, b: Level): boolean {
  return a.rmsDbfs === b.rmsDbfs && a.peakDbfs === b.peakDbfs && a.clipped === b.clipped;
}
