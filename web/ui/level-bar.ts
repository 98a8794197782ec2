/** Draws a level as a bar from −60 to 0 dBFS: RMS filled, peak as a line, red where it clips. */
import type { Waveform } from '../bridge/waveform.ts';

const FLOOR_DBFS = -60;

export function drawLevel(
  canvas: HTMLCanvasElement,
  { rmsDbfs, peakDbfs, clipped }: Waveform,
  colour: string,
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = canvas;
  const style = getComputedStyle(canvas);
  const heightOf = (dbfs: number): number =>
    height * Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
  context.clearRect(0, 0, width, height);
  context.fillStyle = style.getPropertyValue('--sunken');
  context.fillRect(0, 0, width, height);
  context.fillStyle = colour;
  context.fillRect(0, height - heightOf(rmsDbfs), width, height);
  context.fillStyle = clipped ? style.getPropertyValue('--red') : colour;
  const line = 2 * devicePixelRatio;
  if (peakDbfs > FLOOR_DBFS) context.fillRect(0, height - heightOf(peakDbfs), width, line);
}
