/**
 * The network between page and bridge, second by second, out of the browser's own statistics
 * (https://www.w3.org/TR/webrtc-stats/): counters that only grow become what happened since last time.
 */
import type { NetworkEvent } from '../../common/events.ts';
import { mosOf } from './mos.ts';
import type { StreamFigures, StreamName } from './types.ts';

/** The members used, whatever the type of the entry. */
interface Entry {
  readonly type: string;
  readonly kind?: string;
  readonly packetsLost?: number;
  readonly packetsReceived?: number;
  /** Seconds, both. */
  readonly jitter?: number;
  readonly roundTripTime?: number;
  readonly fractionLost?: number;
}

export class ConnectionFigures {
  #lost = 0;
  #received = 0;

  read(stats: {
    forEach(take: (entry: Entry) => void): void;
  }): Partial<Record<StreamName, StreamFigures>> {
    let inbound: Entry | undefined;
    let remote: Entry | undefined;
    stats.forEach((entry) => {
      if (entry.kind !== 'audio') return;
      if (entry.type === 'inbound-rtp') inbound = entry;
      // What the phone says of our packets: the media engine hands receiver reports on as they are.
      if (entry.type === 'remote-inbound-rtp') remote = entry;
    });
    const roundTripMs = toMs(remote?.roundTripTime);
    return {
      ...(inbound !== undefined && {
        toPage: withMos({
          lossPercent: this.#loss(inbound),
          jitterMs: toMs(inbound.jitter),
          roundTripMs,
        }),
      }),
      ...(remote !== undefined && {
        toPhone: withMos({
          lossPercent: remote.fractionLost === undefined ? undefined : 100 * remote.fractionLost,
          jitterMs: toMs(remote.jitter),
          roundTripMs,
        }),
      }),
    };
  }

  #loss({ packetsLost = 0, packetsReceived = 0 }: Entry): number {
    const lost = Math.max(0, packetsLost - this.#lost);
    const received = Math.max(0, packetsReceived - this.#received);
    this.#lost = packetsLost;
    this.#received = packetsReceived;
    return lost + received === 0 ? 0 : (100 * lost) / (lost + received);
  }
}

/** How packets arrive at the media engine, as the bridge tells. */
export function arrivalsOf({
  phone,
  page,
}: Pick<NetworkEvent, 'phone' | 'page'>): Partial<Record<StreamName, StreamFigures>> {
  return {
    ...(phone !== undefined && { fromPhone: withMos({ ...phone, roundTripMs: undefined }) }),
    ...(page !== undefined && { fromPage: withMos({ ...page, roundTripMs: undefined }) }),
  };
}

type Measured = { [name in keyof StreamFigures]: number | undefined };

function withMos(figures: Omit<Measured, 'mos'>): StreamFigures {
  const known = Object.entries(figures).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(known) as StreamFigures), mos: mosOf(figures) };
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}
