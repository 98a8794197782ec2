/**
 * A voice as a picture: its peaks, its RMS in front of them, red where it clips, a line below where
 * there is speech; or its spectrogram. And how loud it is at the moment, as a meter beside it.
 */
import { CLIPPED, COLUMN_FIELDS, COLUMN_MS, SPEECH } from '../../timeline/envelope.ts';
import type { Side } from '../../timeline/types.ts';
import type { Viewport } from '../../timeline/viewport.ts';
import { GUTTER, VOICES } from './layout.ts';
import type { Palette } from './palette.ts';
import type { Bars, Level } from './scene.ts';
import type { SpectrumTints } from './spectrum-tints.ts';

type Context = OffscreenCanvasRenderingContext2D;

const FULL_SCALE = 32_768;
const SPEECH_LINE = 2;
/** The foot of a meter. */
const FLOOR_DBFS = -60;
const METER_WIDTH = 8;

/** Speech at −20 dBFS would be a tenth of the height: loudness is no linear matter. */
function heightOf(sample: number): number {
  return sample <= 0 ? 0 : (sample / FULL_SCALE) ** 0.6;
}

export interface Stretch {
  readonly viewport: Viewport;
  readonly fromX: number;
  readonly toX: number;
}

export function drawLane(
  context: Context,
  side: Side,
  { fromX, toX }: Stretch,
  palette: Palette,
): void {
  const { top, height } = VOICES[side];
  context.fillStyle = palette.sunken;
  context.fillRect(fromX, top, toX - fromX, height);
}

export function drawWave(
  context: Context,
  side: Side,
  { first, columns, values }: Bars,
  viewport: Viewport,
  palette: Palette,
): void {
  const { top, height } = VOICES[side];
  const half = (height - SPEECH_LINE) / 2;
  const middle = top + half;
  const step = (columns * COLUMN_MS) / viewport.msPerPixel;
  const width = step > 3 ? step - 1 : step;
  // Rectangle by rectangle: one path of them all takes a browser several times as long.
  const each = (colour: string, draw: (x: number, at: number) => void): void => {
    context.fillStyle = colour;
    for (let at = 0; at < values.length; at += COLUMN_FIELDS) {
      if ((values[at + 2] ?? -1) < 0) continue;
      draw(viewport.xOf((first + at / COLUMN_FIELDS) * columns * COLUMN_MS), at);
    }
  };
  const up = (at: number) => half * heightOf(values[at + 1] ?? 0);
  const down = (at: number) => half * heightOf(-(values[at] ?? 0));
  each(palette.voicePale[side], (x, at) => {
    // Silence is a hairline, not nothing: time goes on.
    const above = Math.max(up(at), 0.5);
    context.fillRect(x, middle - above, width, Math.max(above + down(at), 1));
  });
  each(palette.voice[side], (x, at) => {
    const rms = Math.min(half * heightOf(values[at + 2] ?? 0), Math.max(up(at), down(at)));
    if (rms > 0.5) context.fillRect(x, middle - rms, width, 2 * rms);
    if ((values[at + 3] ?? 0) & SPEECH) {
      context.fillRect(x, top + height - SPEECH_LINE, step, SPEECH_LINE);
    }
  });
  each(palette.red, (x, at) => {
    if ((values[at + 3] ?? 0) & CLIPPED) {
      context.fillRect(x, top, Math.max(width, 2), height - SPEECH_LINE);
    }
  });
}

export function drawSpectrum(
  context: Context,
  side: Side,
  bands: Uint8Array,
  { fromX }: Stretch,
  tints: SpectrumTints,
): void {
  const { top, height } = VOICES[side];
  const { picture, count } = tints.paint(bands);
  if (count === 0) return;
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, count, picture.height, Math.floor(fromX), top, count, height);
}

/** Left of the lane: RMS as a bar, the peak as a line, which is red where it clips. */
export function drawMeter(
  context: Context,
  side: Side,
  { rmsDbfs, peakDbfs, clipped }: Level,
  palette: Palette,
): void {
  const { top, height } = VOICES[side];
  const x = -GUTTER;
  const yOf = (dbfs: number) => top + height * Math.min(1, Math.max(0, dbfs / FLOOR_DBFS));
  context.fillStyle = palette.sunken;
  context.fillRect(x, top, METER_WIDTH, height);
  context.fillStyle = palette.voice[side];
  const rms = yOf(rmsDbfs);
  context.fillRect(x, rms, METER_WIDTH, top + height - rms);
  if (peakDbfs <= FLOOR_DBFS) return;
  context.fillStyle = clipped ? palette.red : palette.voice[side];
  context.fillRect(x, yOf(peakDbfs), METER_WIDTH, clipped ? 4 : 2);
}
