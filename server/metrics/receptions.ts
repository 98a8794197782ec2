/**
 * How the RTP of each side arrives at the media engine, for the metrics: the last of every live call
 * as its query tells (the embedded engine's does, rtpengine's own does not), and the sums over all.
 * Counters of a stream may begin anew or go down (RFC 3550 §A.3: a late packet is no lost one); the
 * sums never do.
 */
import type { RtpArrival } from '../../common/events.ts';
import type { Reception } from '../../rtpengine/engine.ts';

export const LEGS = ['phone', 'page'] as const;
export type LegName = (typeof LEGS)[number];
const COUNTERS = ['packets', 'lost', 'duplicates', 'out of order'] as const;
type Counter = (typeof COUNTERS)[number];

export interface ReceptionSums extends Readonly<Record<Counter, number>> {
  /** Of each live call, in milliseconds, sorted. */
  readonly jitterMs: readonly number[];
}

export class Receptions {
  /** By call and leg. */
  readonly #last = new Map<string, Map<LegName, Reception>>();
  readonly #counts = { phone: noCounts(), page: noCounts() };

  /** @returns how it went since the last time. */
  note(callId: string, leg: LegName, now: Reception): RtpArrival {
    const legs = this.#last.get(callId) ?? new Map<LegName, Reception>();
    this.#last.set(callId, legs);
    const before = legs.get(leg);
    const isNew = before === undefined || now.packets < before.packets;
    const highest = { ...now };
    const grown = noCounts();
    for (const name of COUNTERS) {
      const counted = isNew ? 0 : before[name];
      grown[name] = Math.max(0, now[name] - counted);
      this.#counts[leg][name] += grown[name];
      highest[name] = Math.max(counted, now[name]);
    }
    legs.set(leg, highest);
    const expected = grown.packets + grown.lost;
    return {
      lossPercent: expected === 0 ? 0 : (100 * grown.lost) / expected,
      jitterMs: now.jitter / 1000,
    };
  }

  /** It has ended. */
  forget(callId: string): void {
    this.#last.delete(callId);
  }

  sums(leg: LegName): ReceptionSums {
    const jitterMs = [...this.#last.values()]
      .flatMap((legs) => legs.get(leg) ?? [])
      .map(({ jitter }) => jitter / 1000)
      .sort((a, b) => a - b);
    return { ...this.#counts[leg], jitterMs };
  }
}

function noCounts(): Record<Counter, number> {
  return { packets: 0, lost: 0, duplicates: 0, 'out of order': 0 };
}
