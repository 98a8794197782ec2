/** How the calls so far have ended, for the metrics; the calls themselves are forgotten in time. */
import type { CallOutcome } from '../../common/api.ts';
import type { BridgeEvent } from '../../common/events.ts';

export class CallTally {
  readonly outcomes = new Map<CallOutcome, number>();

  note(event: BridgeEvent): void {
    if (event.type !== 'call' || event.call.state !== 'ended') return;
    const outcome = event.call.outcome ?? 'failed';
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
