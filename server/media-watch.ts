/**
 * Looks after the media of every answered call: asks its engine what arrives, takes what the page
 * says of its connection, and tells once what is wrong (rtpengine/diagnosis.ts): as a `media` event,
 * in the log, and, when so configured, by ending a call without RTP. All calls share one timer.
 */
import type { CallStatus } from '../common/api.ts';
import { BridgeError } from '../common/errors.ts';
import type { MediaEvent, NetworkEvent, RtpArrival } from '../common/events.ts';
import type { Log } from '../common/log.ts';
import {
  diagnoseMedia,
  type MediaFacts,
  type MediaVerdict,
  type PageConnection,
  type PeerFacts,
} from '../rtpengine/diagnosis.ts';
import type { MediaInfo, QueryResult } from '../rtpengine/engine.ts';
import type { LegName, Receptions } from './metrics/receptions.ts';

/** Between two looks; the first one comes this long after the answer. */
const LOOK_MS = 2000;
const FIRST_LOOK_MS = 3000;
/** Who sends nothing for so long is told of, also when no call ends by it. */
const SILENCE_MS = 10_000;
/** So much of the phone that the agent has heard nothing of: more than comes between two looks. */
const STUCK_PACKETS = 250;

export interface MediaWatchOptions {
  readonly calls: () => readonly CallStatus[];
  readonly query: (callId: string) => Promise<QueryResult>;
  readonly tell: (event: MediaEvent | NetworkEvent) => void;
  readonly end: (callId: string, why: string) => void;
  readonly log: Log;
  /** A call without RTP from the phone for this long is ended; 0 = never. */
  readonly inactivityMs: number;
  /** Keeps what the engine says of how each side's packets arrive. */
  readonly receptions?: Receptions;
  /** Is told how many RTP packets have come from a call's phone. */
  readonly phoneRtp?: (callId: string, packets: number) => void;
  readonly now?: () => number;
}

/** What is known of one peer from the looks before. */
interface Known {
  readonly packets: number;
  /** When that was first seen. */
  readonly at: number;
  /** Where its SDP says that it is, since when, and how much had come by then. */
  readonly place: string;
  readonly since: number;
  readonly before: number;
}

interface Watched {
  readonly since: number;
  readonly peers: Map<string, Known>;
  connection: PageConnection | undefined;
  /** What the page had taken when that last changed, and what had come from the phone by then. */
  taken: { readonly page: number; readonly phone: number };
  isStuck: boolean;
  /** From the phone, when the engine was last asked. */
  phonePackets: number;
  verdict: MediaVerdict | undefined;
}

export class MediaWatch {
  readonly #options: MediaWatchOptions;
  readonly #now: () => number;
  readonly #calls = new Map<string, Watched>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: MediaWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** The page says how its connection does; false for a call that is not there. */
  report(callId: string, connection: PageConnection): boolean {
    if (!this.#options.calls().some((call) => call.callId === callId)) return false;
    const watched = this.#watched(callId);
    watched.connection = connection;
    const page = connection.taken ?? connection.received;
    if (page !== watched.taken.page) watched.taken = { page, phone: watched.phonePackets };
    watched.isStuck = watched.phonePackets - watched.taken.phone > STUCK_PACKETS;
    return true;
  }

  /** What was last found of a call. */
  verdictOf(callId: string): MediaVerdict | undefined {
    return this.#calls.get(callId)?.verdict;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#calls.clear();
  }

  /** Looks at every answered call; resolves when all have been looked at. */
  async look(): Promise<void> {
    const answered = this.#options.calls().filter(({ state }) => state === 'answered');
    const ids = new Set(answered.map(({ callId }) => callId));
    for (const callId of this.#calls.keys()) {
      if (ids.has(callId)) continue;
      this.#calls.delete(callId);
      this.#options.receptions?.forget(callId);
    }
    await Promise.all(answered.map((call) => this.#lookAt(call)));
  }

  async #lookAt(call: CallStatus): Promise<void> {
    const watched = this.#watched(call.callId);
    if (this.#now() - watched.since < FIRST_LOOK_MS - LOOK_MS) return;
    const facts = await this.#factsOf(call, watched);
    // The call may have ended while the engine was asked.
    if (this.#calls.get(call.callId) !== watched) return;
    const verdict = diagnoseMedia(facts);
    if (facts.phone !== undefined && !facts.isHeld) {
      this.#options.phoneRtp?.(call.callId, facts.phone.packets);
    }
    this.#tell(call.callId, watched, verdict);
    const { inactivityMs, end } = this.#options;
    if (inactivityMs > 0 && (facts.phone?.silentMs ?? 0) >= inactivityMs && !facts.isHeld) {
      end(call.callId, `No RTP from the phone for ${Math.round(inactivityMs / 1000)} s`);
    } else if (verdict.code === 'MEDIA_ENGINE_LOST') {
      end(call.callId, 'The media engine was restarted');
    }
  }

  #tell(callId: string, watched: Watched, verdict: MediaVerdict): void {
    const before = watched.verdict;
    watched.verdict = verdict;
    if (before?.state === verdict.state && before.code === verdict.code) return;
    const { log, tell } = this.#options;
    const { state, code, sentence } = verdict;
    // That it flows is only news after it did not.
    if (state !== 'flowing') log('warn', sentence, { callId, ...(code && { code }) });
    else if (before !== undefined) log('info', sentence, { callId });
    tell({
      type: 'media',
      at: new Date().toISOString(),
      callId,
      state,
      ...(code && { code }),
      sentence,
    });
  }

  async #factsOf(call: CallStatus, watched: Watched): Promise<MediaFacts> {
    const { inactivityMs } = this.#options;
    const common = {
      isHeld: call.heldBy.length > 0,
      silenceMs: inactivityMs > 0 ? Math.min(inactivityMs, SILENCE_MS) : SILENCE_MS,
    };
    let result: QueryResult;
    try {
      result = await this.#options.query(call.callId);
    } catch (thrown) {
      const isThere = thrown instanceof BridgeError && thrown.code === 'RTPENGINE_REFUSED';
      return { ...common, engine: isThere ? 'forgotten' : 'unreachable' };
    }
    let phone: PeerFacts | undefined;
    let page: MediaFacts['page'];
    const arrivals: Partial<Record<LegName, RtpArrival>> = {};
    for (const [tag, { medias }] of Object.entries(result.tags)) {
      const [media] = medias;
      if (media === undefined) continue;
      const peer = this.#peer(watched, tag, media);
      const isPage = media.protocol.includes('SAVP');
      const reception = media.streams[0]?.reception;
      // An answer that comes after the end of the call is nobody's any more.
      if (reception && this.#calls.get(call.callId) === watched) {
        const leg = isPage ? 'page' : 'phone';
        const arrival = this.#options.receptions?.note(call.callId, leg, reception);
        if (arrival !== undefined) arrivals[leg] ??= arrival;
      }
      if (isPage) page ??= { ...peer, dtls: hasDtls(media) };
      else if (phone === undefined) {
        phone = peer;
        watched.phonePackets = watched.peers.get(tag)?.packets ?? 0;
      }
    }
    if (common.isHeld) {
      watched.taken = { ...watched.taken, phone: watched.phonePackets };
      watched.isStuck = false;
    }
    if (Object.keys(arrivals).length > 0) {
      const at = new Date().toISOString();
      this.#options.tell({ type: 'network', at, callId: call.callId, ...arrivals });
    }
    return {
      ...common,
      engine: 'knows',
      ...(phone && { phone }),
      ...(page && { page, connection: watched.connection, isStuck: watched.isStuck }),
    };
  }

  /** Engines tell their last packet in whole seconds, and before the first one that of the start. */
  #peer(watched: Watched, tag: string, media: MediaInfo): PeerFacts {
    const stream = media.streams[0];
    const packets = stream?.stats.packets ?? 0;
    const now = this.#now();
    const before = watched.peers.get(tag);
    const known = {
      ...(before ?? { at: watched.since, since: watched.since, before: 0 }),
      packets,
    };
    if (packets !== (before?.packets ?? 0)) known.at = now;
    const said = stream?.['advertised endpoint'];
    const place = said === undefined ? '' : `${said.address}:${said.port}`;
    // Another phone in its place: what the one before has sent says nothing of it.
    const hasMoved = before !== undefined && before.place !== place;
    if (hasMoved) Object.assign(known, { since: now, before: packets });
    watched.peers.set(tag, { ...known, place });
    const endpoint = stream?.endpoint;
    const isNew = now - known.since < LOOK_MS;
    return {
      packets: isNew ? packets : packets - known.before,
      silentMs: now - known.at,
      endpoint: endpoint && `${endpoint.address}:${endpoint.port}`,
    };
  }

  #watched(callId: string): Watched {
    let watched = this.#calls.get(callId);
    if (watched === undefined) {
      watched = {
        since: this.#now(),
        peers: new Map(),
        connection: undefined,
        taken: { page: 0, phone: 0 },
        isStuck: false,
        phonePackets: 0,
        verdict: undefined,
      };
      this.#calls.set(callId, watched);
    }
    return watched;
  }
}

/** The two engines say it in words of their own; either way there are keys by now. */
function hasDtls(media: MediaInfo): boolean {
  return media.streams.some(
    (stream) => 'crypto suite' in stream || stream.flags.includes('confirmed'),
  );
}
