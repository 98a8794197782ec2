/**
 * A voice as a picture: its peaks, its RMS in front of them, red where it clips, a line below where
 * there is speech; or its spectrogram. Only the columns between two x are drawn, so that a picture that
 * moves on costs no more than what is new of it.
 */
import { CLIPPED, COLUMN_MS, SPEECH, type Envelope, type Peak } from '../../timeline/envelope.ts';
import type { Spectra } from '../../timeline/spectra.ts';
import type { Side } from '../../timeline/types.ts';
import type { Viewport } from '../../timeline/viewport.ts';
import { VOICES } from './layout.ts';
import type { Palette } from './palette.ts';
import type { SpectrumTints } from './spectrum-tints.ts';

const FULL_SCALE = 32_768;
const SPEECH_LINE = 2;
const peak: Peak = { low: 0, high: 0, rms: 0, flags: 0 };

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
  context: CanvasRenderingContext2D,
  side: Side,
  { fromX, toX }: Stretch,
  palette: Palette,
): void {
  const { top, height } = VOICES[side];
  context.fillStyle = palette.sunken;
  context.fillRect(fromX, top, toX - fromX, height);
}

export function drawWave(
  context: CanvasRenderingContext2D,
  side: Side,
  envelope: Envelope,
  { viewport, fromX, toX }: Stretch,
  palette: Palette,
): void {
  const { top, height } = VOICES[side];
  const half = (height - SPEECH_LINE) / 2;
  const middle = top + half;
  // One bar per column of the envelope where they are wider than a pixel, else one per pixel.
  const columnWidth = COLUMN_MS / viewport.msPerPixel;
  const step = Math.max(1, columnWidth);
  const columns = step / columnWidth;
  const first = Math.floor(viewport.msAt(fromX) / COLUMN_MS / columns);
  const last = Math.ceil(viewport.msAt(toX) / COLUMN_MS / columns);
  const peaks = new Path2D();
  const loudness = new Path2D();
  const clipped = new Path2D();
  const speech = new Path2D();
  const width = step > 3 ? step - 1 : step;
  for (let i = first; i < last; i += 1) {
    if (!envelope.read(i * columns, Math.max(i * columns + 1, (i + 1) * columns), peak)) continue;
    const x = viewport.xOf(i * columns * COLUMN_MS);
    const up = half * heightOf(peak.high);
    const down = half * heightOf(-peak.low);
    const rms = Math.min(half * heightOf(peak.rms), Math.max(up, down));
    // Silence is a hairline, not nothing: time goes on.
    peaks.rect(x, middle - Math.max(up, 0.5), width, Math.max(up + down, 1));
    if (rms > 0.5) loudness.rect(x, middle - rms, width, 2 * rms);
    if (peak.flags & CLIPPED) clipped.rect(x, top, Math.max(width, 2), height - SPEECH_LINE);
    if (peak.flags & SPEECH) speech.rect(x, top + height - SPEECH_LINE, step, SPEECH_LINE);
  }
  context.fillStyle = palette.voicePale[side];
  context.fill(peaks);
  context.fillStyle = palette.voice[side];
  context.fill(loudness);
  context.fill(speech);
  context.fillStyle = palette.red;
  context.fill(clipped);
}

export function drawSpectrum(
  context: CanvasRenderingContext2D,
  side: Side,
  spectra: Spectra,
  { viewport, fromX, toX }: Stretch,
  tints: SpectrumTints,
): void {
  const { top, height } = VOICES[side];
  const count = Math.ceil(toX) - Math.floor(fromX);
  if (count <= 0) return;
  const picture = tints.paint(
    spectra,
    count,
    (i) => viewport.msAt(Math.floor(fromX) + i) / COLUMN_MS,
  );
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, count, picture.height, Math.floor(fromX), top, count, height);
}
