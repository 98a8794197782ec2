/**
 * What has happened in calls so far, for the metrics; the calls themselves are forgotten in time: how
 * they ended, how long they took to be answered, what was wrong with them.
 */
import type { CallOutcome } from '../../common/api.ts';
import type { BridgeEvent } from '../../common/events.ts';
import { Histogram } from '../../common/histogram.ts';

export class CallTally {
  readonly outcomes = new Map<CallOutcome, number>();
  /** How often each code was told of a call's media or agent. */
  readonly problems = new Map<string, number>();
  /** From the INVITE to its answer. */
  readonly setup = new Histogram();
  /** From the connection to an agent being begun to its being open. */
  readonly agentConnect = new Histogram();
  /** Those whose setup has been counted: an answered call is told of again when it is held. */
  readonly #answered = new Set<string>();

  note(event: BridgeEvent): void {
    switch (event.type) {
      case 'call':
        this.#call(event.call);
        break;
      case 'media':
      case 'agent':
        if (event.code !== undefined) increment(this.problems, event.code);
        if (event.type === 'agent' && event.tookMs !== undefined) {
          this.agentConnect.record(event.tookMs);
        }
    }
  }

  #call({ callId, state, outcome, startedAt, answeredAt }: CallFacts): void {
    if (state === 'ended') {
      this.#answered.delete(callId);
      increment(this.outcomes, outcome ?? 'failed');
    } else if (answeredAt !== undefined && !this.#answered.has(callId)) {
      this.#answered.add(callId);
      this.setup.record(Date.parse(answeredAt) - Date.parse(startedAt));
    }
  }
}

type CallFacts = Extract<BridgeEvent, { readonly type: 'call' }>['call'];

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
