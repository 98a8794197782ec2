/**
 * Tells the bridge how this page's connection does, by its own getStats: what the media engine sees is
 * only half of it. Often while it does not flow, now and then when it does.
 */
const UNWELL_MS = 2_000;
const WELL_MS = 10_000;

/** What POST /api/calls/{id}/media takes. */
export interface ConnectionReport {
  readonly ice: string;
  readonly dtls: string;
  readonly received: number;
  readonly sent: number;
  /** Of what was received: what the worker got. */
  readonly taken?: number;
  readonly roundTripMs?: number;
}

export class ConnectionReporter {
  readonly #connection: RTCPeerConnection;
  readonly #taken: () => number;
  readonly #send: (report: ConnectionReport) => void;
  #lastTaken = 0;
  #timer: ReturnType<typeof setTimeout>;
  #closed = false;

  constructor(
    connection: RTCPeerConnection,
    taken: () => number,
    send: (report: ConnectionReport) => void,
  ) {
    this.#connection = connection;
    this.#taken = taken;
    this.#send = send;
    this.#timer = setTimeout(() => void this.#report(), UNWELL_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #report(): Promise<void> {
    const report = reportOf(await this.#connection.getStats());
    if (this.#closed) return;
    const taken = this.#taken();
    this.#send({ ...report, taken });
    const isWell = report.dtls === 'connected' && taken > this.#lastTaken && report.sent > 0;
    this.#lastTaken = taken;
    this.#timer = setTimeout(() => void this.#report(), isWell ? WELL_MS : UNWELL_MS);
  }
}

/** The members used of the entries of a statistics report, whatever their type. */
interface Entry {
  readonly type: string;
  readonly kind?: string;
  readonly iceState?: string;
  readonly dtlsState?: string;
  readonly packetsReceived?: number;
  readonly packetsSent?: number;
  /** Seconds. */
  readonly roundTripTime?: number;
}

export function reportOf(stats: { forEach(take: (entry: Entry) => void): void }): ConnectionReport {
  let report: ConnectionReport = { ice: 'new', dtls: 'new', received: 0, sent: 0 };
  stats.forEach((entry) => {
    if (entry.type === 'transport') {
      report = { ...report, ice: entry.iceState ?? 'new', dtls: entry.dtlsState ?? 'new' };
    } else if (entry.kind !== 'audio') return;
    else if (entry.type === 'inbound-rtp') {
      report = { ...report, received: report.received + (entry.packetsReceived ?? 0) };
    } else if (entry.type === 'outbound-rtp') {
      report = { ...report, sent: report.sent + (entry.packetsSent ?? 0) };
    } else if (entry.type === 'remote-inbound-rtp' && entry.roundTripTime !== undefined) {
      report = { ...report, roundTripMs: entry.roundTripTime * 1_000 };
    }
  });
  return report;
}
