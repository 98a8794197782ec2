/** Everything the bridge measures and counts, in one place for its API and its metrics. */
import type { CallStatus, Status } from '../common/api.ts';
import type { BridgeEvent } from '../common/events.ts';
import type { FiguresApi } from './figures/api.ts';
import { FiguresStore } from './figures/store.ts';
import { CallTally } from './metrics/call-tally.ts';
import { metricsOf, type MetricsSources } from './metrics/metrics.ts';
import { ProcessMetrics } from './metrics/process.ts';
import { Receptions } from './metrics/receptions.ts';

export interface MeasurementsOptions {
  /** The live ones. */
  readonly calls: () => readonly CallStatus[];
  readonly tell: (event: BridgeEvent) => void;
}

export class Measurements {
  readonly figures: FiguresApi;
  /** Filled by whoever asks the media engine. */
  readonly receptions = new Receptions();
  readonly #store: FiguresStore;
  readonly #tally = new CallTally();
  readonly #process = new ProcessMetrics();

  constructor({ calls, tell }: MeasurementsOptions) {
    const find = (callId: string) => calls().find((call) => call.callId === callId);
    this.#store = new FiguresStore({
      isLive: (callId) => find(callId) !== undefined,
      onTurn: (callId, turn) => tell({ type: 'turn', at: new Date().toISOString(), callId, turn }),
    });
    this.figures = {
      store: this.#store,
      interrupt: (callId) => {
        if (find(callId)?.state !== 'answered') return false;
        tell({ type: 'interrupt', at: new Date().toISOString(), callId });
        return true;
      },
    };
  }

  note(event: BridgeEvent): void {
    this.#tally.note(event);
  }

  /** In Prometheus' text format. */
  metrics(
    status: () => Status,
    sip: () => Readonly<Record<string, number>> | undefined,
    refused: MetricsSources['refused'],
  ): string {
    return metricsOf({
      status,
      sip,
      refused,
      sums: () => this.#store.sums(),
      tally: this.#tally,
      reception: (leg) => this.receptions.sums(leg),
      process: this.#process,
    });
  }

  close(): Promise<void> {
    this.#process.close();
    return Promise.resolve();
  }
}
