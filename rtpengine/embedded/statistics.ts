/**
 * The figures of the whole engine since its start, under the names and in the units of rtpengine's
 * `statistics` (https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html). What a relay
 * of one process cannot have is left out: foreign sessions, transcoded media, the kernel.
 */
import type { Encodable } from './bencode.ts';
import type { RtpengineCounters } from './leg.ts';

/** Command → what rtpengine calls the number of them. */
const COUNTS: Readonly<Record<string, string>> = {
  ping: 'pingcount',
  offer: 'offercount',
  answer: 'answercount',
  delete: 'deletecount',
  query: 'querycount',
  list: 'listcount',
  'start recording': 'startreccount',
  'stop recording': 'stopreccount',
  'block DTMF': 'blkdtmfcount',
  'unblock DTMF': 'unblkdtmfcount',
  'block media': 'blkmedia',
  'unblock media': 'unblkmedia',
  'play media': 'playmedia',
  'stop media': 'stopmedia',
  'play DTMF': 'playdtmf',
  statistics: 'statistics',
};
/** More clients than that are one client with changing ports. */
const MAX_PROXIES = 64;

export class Statistics {
  readonly #counters: Readonly<RtpengineCounters>;
  readonly #startedAt = Date.now();
  /** Address of a client → name → number. */
  readonly #proxies = new Map<string, Map<string, number>>();
  #endedSeconds = 0;

  constructor(counters: Readonly<RtpengineCounters>) {
    this.#counters = counters;
  }

  /** @param proxy address of the client. */
  command(proxy: string, command: string): void {
    this.#count(proxy, COUNTS[command] ?? 'othercount');
  }

  error(proxy: string): void {
    this.#count(proxy, 'errorcount');
  }

  callEnded(milliseconds: number): void {
    this.#endedSeconds += milliseconds / 1000;
  }

  describe(): Encodable {
    const { callsCreated, callsDeleted, ...counters } = this.#counters;
    const sessions = callsCreated - callsDeleted;
    const totals: Record<string, number> = {};
    const proxies = [...this.#proxies].map(([proxy, counts]) => {
      for (const [name, count] of counts) {
        totals[`total${name}`] = (totals[`total${name}`] ?? 0) + count;
      }
      return { proxy, ...Object.fromEntries(counts) };
    });
    return {
      currentstatistics: {
        sessionsown: sessions,
        sessionsforeign: 0,
        sessionstotal: sessions,
        transcodedmedia: 0,
      },
      totalstatistics: {
        uptime: String(Math.floor((Date.now() - this.#startedAt) / 1000)),
        managedsessions: callsDeleted,
        relayedpackets: counters.rtpPackets + counters.rtcpPackets,
        relayedpacketerrors: counters.rtpMalformed + counters.rtpUndeliverable,
        avgcallduration: (callsDeleted === 0 ? 0 : this.#endedSeconds / callsDeleted).toFixed(6),
      },
      controlstatistics: { proxies, ...totals },
    };
  }

  #count(proxy: string, name: string): void {
    const counts = this.#proxies.get(proxy) ?? new Map<string, number>();
    if (counts.size === 0) {
      if (this.#proxies.size === MAX_PROXIES) return;
      this.#proxies.set(proxy, counts);
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}
