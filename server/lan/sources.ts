/**
 * Who may talk to a bridge that is open to a network: machines of private networks. Whoever else finds
 * a port of it (a router that forwards too much, a server with a public address) is dropped, counted,
 * and told of in the log once a minute at most.
 */
import type { Log } from '../../common/log.ts';
import { isPrivate } from '../../rtpengine/network.ts';

const QUIET_MS = 60_000;

export const DOORS = ['sip', 'rtp', 'http'] as const;
export type Door = (typeof DOORS)[number];

export class Sources {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #refused = { sip: 0, rtp: 0, http: 0 };
  #saidAt = -Infinity;

  constructor(log: Log, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  /** How many packets, messages and connections were dropped. */
  get refused(): Readonly<Record<Door, number>> {
    return this.#refused;
  }

  admits(door: Door, address: string): boolean {
    if (isPrivate(address)) return true;
    this.#refused[door] += 1;
    const now = this.#now();
    if (now - this.#saidAt >= QUIET_MS) {
      this.#saidAt = now;
      const what = { sip: 'SIP', rtp: 'RTP', http: 'a connection to the page' }[door];
      const message = `${what} from ${address} was dropped: that is no address of a private network.`;
      this.#log('warn', message, { code: 'SOURCE_REFUSED' });
    }
    return false;
  }
}
