/** Shows the page's calls and their turns in the Performance panel, each once, as they end. */
import type { Bridge } from '../bridge/bridge.ts';
import type { Call } from '../bridge/call.ts';
import { UserTiming } from './user-timing.ts';

export function showTimings(bridge: Bridge): void {
  const timing = new UserTiming(performance);
  const ended = new WeakSet<Call>();
  bridge.addEventListener('change', () => {
    for (const call of bridge.calls) {
      const answeredAt = call.answeredAt?.getTime();
      if (answeredAt === undefined || ended.has(call)) continue;
      const label = `${call.caller} ${call.id.slice(0, 8)}`;
      const { turns } = call.timeline;
      // The newest may still be going on.
      const over = call.isLive ? turns.slice(-4, -1) : turns.slice(-4);
      for (const turn of over) timing.turn(label, answeredAt, turn);
      if (call.endedAt === undefined) continue;
      ended.add(call);
      timing.call(label, answeredAt, call.endedAt.getTime());
    }
  });
}
