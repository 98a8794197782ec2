/**
 * getStats snapshots of a connection in the format of rtcstats dumps (version 3), which the tools for
 * WebRTC statistics import: the word, a line about the file, then one JSON array for each event, with
 * the milliseconds since the one before. A snapshot holds all of each object that has changed and null
 * for each that is gone.
 * https://github.com/rtcstats/rtcstats#rtcstats-dump-file-format
 */
const CONNECTION = 'PC_0';

/** What a statistics report is made of, by id. */
export type StatsObjects = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export class RtcStatsDump {
  readonly #userAgent: string;
  #at = 0;
  /** What was written of each object. */
  #before = new Map<string, string>();

  constructor(userAgent: string) {
    this.#userAgent = userAgent;
  }

  /** What the file begins with. */
  begin(atMs: number, configuration: object): string {
    const about = { fileFormat: 3, userAgent: this.#userAgent, startTime: Math.round(atMs) };
    const create = this.#line('create', [configuration], atMs);
    return `RTCStatsDump\n${JSON.stringify(about)}\n${create}`;
  }

  /** A change of state, such as `onconnectionstatechange`. */
  event(method: string, value: unknown, atMs: number): string {
    return this.#line(method, value, atMs);
  }

  snapshot(objects: StatsObjects, atMs: number): string {
    const delta: Record<string, unknown> = {};
    const texts = new Map(Object.entries(objects).map(([id, each]) => [id, JSON.stringify(each)]));
    for (const [id, text] of texts) if (this.#before.get(id) !== text) delta[id] = objects[id];
    for (const id of this.#before.keys()) if (!texts.has(id)) delta[id] = null;
    this.#before = texts;
    return this.#line('getStats', delta, atMs);
  }

  #line(method: string, value: unknown, atMs: number): string {
    const at = Math.round(atMs);
    const line = `${JSON.stringify([method, CONNECTION, value, at - this.#at])}\n`;
    this.#at = at;
    return line;
  }
}
