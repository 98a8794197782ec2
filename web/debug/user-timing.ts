/**
 * Calls, turns and what happens within them as tracks of their own in the Performance panel of Chrome's
 * devtools, beside what the page itself does: a track group for each call.
 * https://developer.chrome.com/docs/devtools/performance/extension
 *
 * Measures stay in memory until they are cleared, so that only the newest ones are kept.
 */
import type { TurnSpan } from '../timeline/types.ts';

const KEPT = 300;

type Color = 'primary' | 'secondary' | 'tertiary' | 'error' | 'warning';

/** What is used of `performance`. */
export interface Performance {
  readonly timeOrigin: number;
  measure(name: string, options: PerformanceMeasureOptions): unknown;
  clearMeasures(name: string): void;
}

export class UserTiming {
  readonly #performance: Performance;
  readonly #names: string[] = [];
  /** Turns whose answer has been shown. */
  readonly #shown = new Set<string>();

  constructor(performance: Performance) {
    this.#performance = performance;
  }

  /** Times are epoch milliseconds. */
  call(label: string, answeredAt: number, endedAt: number): void {
    this.#measure(`Call ${label}`, label, 'Call', answeredAt, endedAt, 'primary');
  }

  /** A turn that is complete, by its parts; told again, it is passed over. */
  turn(label: string, answeredAt: number, turn: TurnSpan): void {
    const key = `${label} ${turn.id}`;
    const { callerStartedMs, callerEndedMs, agentStartedMs, agentEndedMs, latencyMs } = turn;
    if (this.#shown.has(key) || agentStartedMs === undefined) return;
    this.#shown.add(key);
    if (this.#shown.size > KEPT) {
      const [oldest] = this.#shown;
      if (oldest !== undefined) this.#shown.delete(oldest);
    }
    const at = (ms: number) => answeredAt + ms;
    const span = (
      name: string,
      track: string,
      from: number | undefined,
      to: number | undefined,
      color: Color,
    ) => {
      if (from === undefined || to === undefined || to < from) return;
      this.#measure(`${name} (turn ${turn.id})`, label, track, at(from), at(to), color);
    };
    span('Caller speaks', 'Turns', callerStartedMs, callerEndedMs, 'secondary');
    if (latencyMs !== undefined) {
      const long = latencyMs > 1_500 ? 'warning' : 'primary';
      span(`Waits ${Math.round(latencyMs)} ms`, 'Turns', callerEndedMs, agentStartedMs, long);
    }
    span('Agent speaks', 'Turns', agentStartedMs, agentEndedMs, 'tertiary');
    span('Transcript', 'Hops', callerEndedMs, turn.transcriptMs, 'secondary');
    span('LLM', 'Hops', turn.llmStartedMs ?? turn.transcriptMs, turn.llmEndedMs, 'primary');
    span('First audio → heard', 'Hops', turn.audioMs, agentStartedMs, 'tertiary');
  }

  #measure(
    name: string,
    group: string,
    track: string,
    from: number,
    to: number,
    color: Color,
  ): void {
    const { timeOrigin } = this.#performance;
    const start = Math.max(0, from - timeOrigin);
    this.#performance.measure(`${group}: ${name}`, {
      start,
      end: Math.max(start, to - timeOrigin),
      detail: { devtools: { dataType: 'track-entry', track, trackGroup: group, color } },
    });
    this.#names.push(`${group}: ${name}`);
    const oldest = this.#names.length > KEPT ? this.#names.shift() : undefined;
    if (oldest !== undefined) this.#performance.clearMeasures(oldest);
  }
}
