/**
 * What the bridge told in the last moments: an INVITE is told of before it has reached the page, and a
 * call wants to know how it began.
 */
import type { BridgeEvent } from '../../common/events.ts';

const KEPT = 200;

export class RecentEvents {
  /** Oldest first. */
  readonly events: BridgeEvent[] = [];

  add(event: BridgeEvent): void {
    this.events.push(event);
    if (this.events.length > KEPT) this.events.shift();
  }
}
