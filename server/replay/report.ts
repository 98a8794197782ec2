/** What a conversation came to: one object, whose fields are the `--json` output, and the same as text. */
import type { Turn } from '../../common/figures.ts';
import { compareTurns, type Latencies } from '../../recording/compare-turns.ts';

export const EXIT = {
  worked: 0,
  unexpected: 1,
  misuse: 2,
  notConnected: 4,
  noAudio: 5,
  interrupted: 130,
} as const;

export interface TurnLine {
  /** When the caller fell silent. */
  readonly atMs: number | null;
  /** Until the agent was heard. */
  readonly latencyMs: number | null;
  readonly originalMs: number | null;
  readonly deltaMs: number | null;
}

export interface Report {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly with: string;
  readonly durationMs: number;
  readonly turns: readonly TurnLine[];
  readonly latency: Latencies | null;
  readonly original: Latencies | null;
  readonly saved: string | null;
}

export interface Outcome {
  readonly with: string;
  readonly durationMs: number;
  readonly turns: readonly Turn[];
  /** Undefined when there is nothing to compare with. */
  readonly original: readonly Turn[] | undefined;
  readonly saved: string | undefined;
  readonly heard: boolean;
  readonly interrupted: boolean;
}

export function reportOf(outcome: Outcome): Report {
  const { pairs, a, b } = compareTurns(outcome.original ?? [], outcome.turns, 'time');
  const exitCode = outcome.interrupted
    ? EXIT.interrupted
    : outcome.heard
      ? EXIT.worked
      : EXIT.noAudio;
  return {
    ok: exitCode === EXIT.worked,
    exitCode,
    with: outcome.with,
    durationMs: Math.round(outcome.durationMs),
    turns: pairs.map((pair) => ({
      atMs: rounded(pair.atMs),
      latencyMs: rounded(pair.b?.latencyMs),
      originalMs: rounded(pair.a?.latencyMs),
      deltaMs: rounded(pair.deltaMs),
    })),
    latency: b ?? null,
    original: a ?? null,
    saved: outcome.saved ?? null,
  };
}

export function reportText(report: Report, isReplay: boolean): string {
  const { turns, latency, original, saved } = report;
  const ms = (value: number | null) => (value === null ? '–' : `${value} ms`);
  const sign = (value: number | null) => (value !== null && value > 0 ? '+' : '') + ms(value);
  const compared = original !== null;
  const rows = turns.map(({ atMs, latencyMs, originalMs, deltaMs }, i) => [
    String(i + 1),
    `${((atMs ?? 0) / 1000).toFixed(2)} s`,
    ms(latencyMs),
    ...(compared ? [ms(originalMs), sign(deltaMs)] : []),
  ]);
  const head = [
    'turn',
    'caller silent at',
    'agent after',
    ...(compared ? ['originally', 'difference'] : []),
  ];
  const sum = (name: string, { count, p50, p95 }: Latencies) =>
    `${name}: ${count} answered turns, median ${Math.round(p50)} ms, 95 % ${Math.round(p95)} ms\n`;
  return [
    rows.length > 0 ? table([head, ...rows]) : 'The caller said nothing that could be answered.\n',
    latency ? sum(isReplay ? 'replay' : 'recorded', latency) : '',
    original ? sum('original', original) : '',
    report.exitCode === EXIT.noAudio ? 'NO_AUDIO: nothing was heard of the agent.\n' : '',
    saved === null ? '' : `kept as ${saved}.wav and ${saved}.ndjson\n`,
  ].join('');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) => `${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')}\n`)
    .join('');
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}
