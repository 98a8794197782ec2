/** The statistics of a call's connection, read at a steady pace while it is recorded, as an rtcstats dump. */
import { RtcStatsDump, type StatsObjects } from '../../recording/rtcstats.ts';

const EVERY_MS = 2_000;

export class StatsLog {
  readonly #connection: RTCPeerConnection;
  readonly #write: (text: string) => void;
  readonly #dump = new RtcStatsDump(navigator.userAgent);
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #onState = () =>
    this.#write(
      this.#dump.event('onconnectionstatechange', this.#connection.connectionState, Date.now()),
    );

  constructor(connection: RTCPeerConnection, write: (text: string) => void) {
    this.#connection = connection;
    this.#write = write;
    write(this.#dump.begin(Date.now(), connection.getConfiguration()));
    this.#timer = setInterval(() => void this.read(), EVERY_MS);
    connection.addEventListener('connectionstatechange', this.#onState);
    void this.read();
  }

  /** One more snapshot now. */
  async read(): Promise<void> {
    // A connection that is closed still tells its last figures, or nothing.
    const report = await this.#connection.getStats().catch(() => undefined);
    if (report !== undefined) this.#write(this.#dump.snapshot(objectsOf(report), Date.now()));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#connection.removeEventListener('connectionstatechange', this.#onState);
  }
}

function objectsOf(report: RTCStatsReport): StatsObjects {
  const objects: Record<string, Readonly<Record<string, unknown>>> = {};
  report.forEach((entry: { readonly id: string }) => {
    objects[entry.id] = { ...entry };
  });
  return objects;
}
