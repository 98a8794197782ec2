/**
 * What calls ask of media, in terms of ng commands: the flags for each kind of peer, over one
 * rtpengine or several (rtpengine/engine-pool.ts).
 */
import type { PartStatus } from '../common/api.ts';
import { messageOf } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { EnginePool } from '../rtpengine/engine-pool.ts';
import type { MediaEngine, QueryResult } from '../rtpengine/engine.ts';
import {
  ANSWER_TO_PAGE,
  ANSWER_TO_PHONE,
  OFFER_TO_PAGE,
  OFFER_TO_PHONE,
} from '../rtpengine/profiles.ts';
import type { CallMedia, MediaLeg } from '../signaling/media.ts';
import type { Address } from './options.ts';

const OFFER = { page: OFFER_TO_PAGE, phone: OFFER_TO_PHONE } as const;
const ANSWER = { page: ANSWER_TO_PAGE, phone: ANSWER_TO_PHONE } as const;

export interface MediaLinkOptions {
  readonly kind: PartStatus['kind'];
  readonly addresses: readonly Address[];
  /** Has the engine record every call, to where it keeps its recordings. */
  readonly record?: boolean;
  readonly log: Log;
  readonly changed: () => void;
}

export class MediaLink {
  readonly #options: MediaLinkOptions;
  readonly #pool: EnginePool;

  constructor(options: MediaLinkOptions) {
    this.#options = options;
    this.#pool = new EnginePool(options);
  }

  /** Resolves when the engines answered or are known not to; the link goes on trying by itself. */
  connect(): Promise<void> {
    return this.#pool.connect();
  }

  /** All is well while one engine answers; which ones do not is said beside it. */
  get status(): PartStatus {
    const { health } = this.#pool;
    const dead = health.filter(({ problem }) => problem !== undefined);
    const ok = dead.length < health.length;
    const problem = dead[0]?.problem;
    const isDead = (address: string): boolean => dead.some((each) => each.address === address);
    return {
      kind: this.#options.kind,
      address: health
        .map(({ address }) => (ok && isDead(address) ? `${address} (does not answer)` : address))
        .join(', '),
      ok,
      ...(!ok && problem && { problem: { code: problem.code, message: problem.message } }),
    };
  }

  readonly media: CallMedia = {
    offer: async (leg, sdp, to = 'page') =>
      (await this.#pool.offer({ ...OFFER[to], ...idsOf(leg), ...sourceOf(leg), sdp })).sdp,
    answer: async (leg, sdp, to = 'phone') => {
      const ids = { ...idsOf(leg), ...sourceOf(leg), 'to-tag': leg.toTag };
      const profile = ANSWER[to];
      const flags = [...profile.flags, ...(this.#options.record ? (['record-call'] as const) : [])];
      return (await this.#pool.answer({ ...profile, flags, ...ids, sdp })).sdp;
    },
    release: async (leg) => {
      const isWhole = leg.branch === undefined;
      try {
        await this.#pool.delete(isWhole ? callOf(leg) : idsOf(leg), isWhole);
      } catch (error) {
        this.#options.log('warn', `the media session was not released: ${messageOf(error)}`, {
          callId: leg.callId,
        });
      }
    },
  };

  /** Lets the party of that tag hear a WAV; resolves, as soon as it begins, with its length in ms. */
  async play(callId: string, tag: string, wav: Uint8Array): Promise<number> {
    const params = { 'call-id': callId, 'from-tag': tag, blob: wav };
    const { duration = 0 } = await this.control(callId, (engine) => engine.playMedia(params));
    return duration;
  }

  /** Notices, digits, blocking, recording: whatever else the engine of a call can do. */
  control<T>(callId: string, ask: (engine: MediaEngine) => Promise<T>): Promise<T> {
    return this.#pool.atHome(callId, ask);
  }

  query(callId: string): Promise<QueryResult> {
    return this.#pool.query({ 'call-id': callId });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

function callOf({ callId, fromTag }: MediaLeg) {
  return { 'call-id': callId, 'from-tag': fromTag };
}

function idsOf({ toTag, branch, ...leg }: MediaLeg) {
  return {
    ...callOf(leg),
    ...(toTag !== undefined && { 'to-tag': toTag }),
    ...(branch !== undefined && { 'via-branch': branch }),
  };
}

/** Where the SIP message came from: a better guess than its SDP at where RTP will come from. */
function sourceOf({ receivedFrom }: MediaLeg) {
  if (receivedFrom === undefined) return {};
  const family = receivedFrom.includes(':') ? 'IP6' : 'IP4';
  return { 'received-from': [family, receivedFrom] as const };
}
