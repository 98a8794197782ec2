/**
 * How the process itself does: memory, CPU, and how late its event loop is, which is what every
 * packet that passes the embedded engine waits for.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Exposition } from './exposition.ts';

/** How often the loop is looked at; what is measured is beyond this. */
const RESOLUTION_MS = 20;

export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #startedAt = Date.now() / 1_000 - process.uptime();

  constructor() {
    this.#delay.enable();
  }

  /** Event-loop figures are those since the last time. */
  write(exposition: Exposition): void {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    exposition.gauge('process_start_time_seconds', 'Unix time of the start.', this.#startedAt);
    exposition.gauge('process_resident_memory_bytes', 'Resident memory.', rss);
    exposition.gauge('nodejs_heap_size_used_bytes', 'Heap in use.', heapUsed);
    exposition.gauge('nodejs_external_memory_bytes', 'Memory outside the heap.', external);
    exposition.counter(
      'process_cpu_seconds_total',
      'CPU time, user and system.',
      (user + system) / 1e6,
    );
    const late = (ns: number) => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1_000);
    exposition.gauge(
      'nodejs_eventloop_lag_seconds',
      'How late timers fire, since the last scrape.',
      [
        [{ quantile: '0.5' }, late(this.#delay.percentile(50))],
        [{ quantile: '0.99' }, late(this.#delay.percentile(99))],
        [{ quantile: '1' }, late(this.#delay.max)],
      ],
    );
    this.#delay.reset();
  }

  close(): void {
    this.#delay.disable();
  }
}
