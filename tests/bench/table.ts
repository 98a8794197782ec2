/** Figures as a table for a terminal: one block per suite, numbers flush right. Pure. */
import type { Figure } from './result.ts';

const HEAD = ['', 'engine', 'n', 'p50', 'p95', 'p99', 'max', 'value', 'unit', 'goal', ''] as const;
const RIGHT = new Set([2, 3, 4, 5, 6, 7]);

export function table(figures: readonly Figure[]): string {
  const rows = figures.map(cells);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return RIGHT.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const lines: string[] = [];
  let suite: string | undefined;
  figures.forEach((figure, i) => {
    if (figure.suite !== suite) {
      suite = figure.suite;
      lines.push('', line([suite, ...HEAD.slice(1)]));
    }
    lines.push(line(rows[i] ?? []));
  });
  return lines.map((text) => `${text}\n`).join('');
}

function cells(figure: Figure): string[] {
  const { name, engines, n, p50, p95, p99, max, value, unit, goal, ok } = figure;
  const numbers = [p50, p95, p99, max, value].map((each) => (each === null ? '' : String(each)));
  const verdict = ok === null ? '' : ok ? 'ok' : 'MISSED';
  return [`  ${name}`, engines, String(n), ...numbers, unit, goal, verdict];
}
