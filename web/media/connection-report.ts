/**
 * Asks the browser once a second how this page's connection does (getStats): for the page, which shows
 * it, and for the bridge, since what the media engine sees is only half of it. The bridge is told often
 * while it does not flow, now and then when it does.
 */
const LOOK_MS = 1_000;
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

export interface ConnectionReporterOptions {
  readonly connection: RTCPeerConnection;
  /** Packets that the worker has got. */
  readonly taken: () => number;
  /** For the bridge. */
  readonly onReport: (report: ConnectionReport) => void;
  /** All that the browser says, every second. */
  readonly onStats: (stats: RTCStatsReport) => void;
}

export class ConnectionReporter {
  readonly #options: ConnectionReporterOptions;
  #lastTaken = 0;
  #timer: ReturnType<typeof setTimeout>;
  #sinceReport = 0;
  #dueAfter = UNWELL_MS;
  #closed = false;

  constructor(options: ConnectionReporterOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { connection, onReport, onStats } = this.#options;
    const stats = await connection.getStats();
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
    onStats(stats);
    this.#sinceReport += LOOK_MS;
    if (this.#sinceReport < this.#dueAfter) return;
    this.#sinceReport = 0;
    const report = reportOf(stats);
    const taken = this.#options.taken();
    onReport({ ...report, taken });
    const isWell = report.dtls === 'connected' && taken > this.#lastTaken && report.sent > 0;
    this.#lastTaken = taken;
    this.#dueAfter = isWell ? WELL_MS : UNWELL_MS;
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
