/**
 * Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/), as much of
 * it as is needed. Written here because the histograms come filled from the pages: client libraries
 * want to observe every value themselves.
 */
import { BOUNDS_MS, countOf, type HistogramFigures } from '../../common/histogram.ts';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

export class Exposition {
  readonly #lines: string[] = [];

  /** Only ever grows. Its name ends in `_total`. */
  counter(name: string, help: string, samples: number | readonly Sample[]): void {
    this.#family(name, 'counter', help, samples);
  }

  gauge(name: string, help: string, samples: number | readonly Sample[]): void {
    this.#family(name, 'gauge', help, samples);
  }

  /** Its name ends in `_seconds`, for that is what it is converted to. */
  histogram(name: string, help: string, series: readonly (readonly [Labels, HistogramFigures])[]) {
    this.#head(name, 'histogram', help);
    for (const [labels, figures] of series) {
      let below = 0;
      BOUNDS_MS.forEach((bound, i) => {
        below += figures.counts[i] ?? 0;
        this.#sample(`${name}_bucket`, { ...labels, le: String(bound / 1_000) }, below);
      });
      const total = countOf(figures);
      this.#sample(`${name}_bucket`, { ...labels, le: '+Inf' }, total);
      this.#sample(`${name}_sum`, labels, figures.sumMs / 1_000);
      this.#sample(`${name}_count`, labels, total);
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #family(name: string, type: string, help: string, samples: number | readonly Sample[]): void {
    this.#head(name, type, help);
    for (const [labels, value] of typeof samples === 'number'
      ? [[{}, samples] as const]
      : samples) {
      this.#sample(name, labels, value);
    }
  }

  #head(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  #sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`);
    this.#lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`);
  }
}

function escape(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
