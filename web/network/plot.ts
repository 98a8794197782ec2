/** One small chart, drawn by uPlot; a module of its own so that it is loaded when it is wanted. */
import uPlot from 'uplot';
import rules from 'uplot/dist/uPlot.min.css?inline';
import type { Chart } from './charts.ts';

export interface PlotOptions {
  readonly chart: Chart;
  readonly place: HTMLElement;
  readonly width: number;
  readonly height: number;
  /** The value of a custom property. */
  readonly colour: (name: string) => string;
  readonly timeOf: (seconds: number) => string;
  /** The pointer is at this sample; undefined when it has left. */
  readonly onPoint: (index: number | undefined) => void;
}

/** As a constructed sheet: a strict Content-Security-Policy takes no style elements. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(rules);

export function adoptStyles(root: HTMLElement | DocumentFragment): void {
  if (!(root instanceof ShadowRoot) || root.adoptedStyleSheets.includes(sheet)) return;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** Fewer samples are shown as points, too. */
const FEW = 40;
const FONT = '10px ui-monospace, monospace';

export function plotOf(options: PlotOptions): uPlot {
  const { chart, place, width, height, colour, timeOf, onPoint } = options;
  const [low, high] = chart.range;
  const axis = {
    stroke: colour('--ink-3'),
    font: FONT,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width,
      height,
      padding: [6, 16, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'network' }, y: false, drag: { x: false, y: false } },
      scales: {
        x: { time: false },
        y: {
          range: (_plot, min, max) => [
            Math.min(low, Number.isFinite(min) ? min : low),
            Math.max(high, Number.isFinite(max) ? max * 1.05 : high),
          ],
        },
      },
      axes: [
        { ...axis, size: 18, space: 60, values: (_plot, ticks) => ticks.map(timeOf) },
        { ...axis, size: 36, space: 24 },
      ],
      series: [
        {},
        ...chart.lines.map(({ name, colour: own, dash }) => ({
          label: name,
          stroke: colour(own),
          width: 1.5,
          spanGaps: true,
          // A single figure between two holes is no line.
          points: { show: (plot: uPlot) => plot.data[0].length < FEW, size: 4 },
          ...(dash !== undefined && { dash: [...dash] }),
        })),
      ],
      hooks: {
        drawAxes: [(plot) => shade(plot, chart, colour)],
        setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
      },
    },
    [[], ...chart.lines.map(() => [])],
    place,
  );
}

/** What is fair, and what is bad, behind the lines. */
function shade(plot: uPlot, { limits }: Chart, colour: PlotOptions['colour']): void {
  const { min, max } = plot.scales['y'] ?? {};
  if (limits === undefined || min === undefined || max === undefined) return;
  const { fair, bad } = limits;
  const { ctx, bbox } = plot;
  const fill = (from: number, to: number, name: string) => {
    const [bottom, top] = [Math.max(min, Math.min(from, to)), Math.min(max, Math.max(from, to))];
    if (top <= bottom) return;
    const y = plot.valToPos(top, 'y', true);
    ctx.fillStyle = colour(name);
    ctx.fillRect(bbox.left, y, bbox.width, plot.valToPos(bottom, 'y', true) - y);
  };
  ctx.save();
  fill(fair, bad, '--amber-soft');
  fill(bad, bad < fair ? -Infinity : Infinity, '--red-soft');
  ctx.restore();
}
