/**
 * The bridge's link to its media engine, embedded or real: connects, keeps knowing whether the
 * engine answers, and gives calls the three operations they need in terms of ng commands.
 */
import type { PartStatus } from '../common/api.ts';
import { BridgeError, messageOf } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { connectRtpengine } from '../rtpengine/client.ts';
import type { MediaEngine } from '../rtpengine/engine.ts';
import {
  ANSWER_TO_PAGE,
  ANSWER_TO_PHONE,
  OFFER_TO_PAGE,
  OFFER_TO_PHONE,
} from '../rtpengine/profiles.ts';
import type { CallMedia, MediaLeg } from '../signaling/media.ts';
import type { Address } from './options.ts';

const PING_MS = 5000;
const OFFER = { page: OFFER_TO_PAGE, phone: OFFER_TO_PHONE } as const;
const ANSWER = { page: ANSWER_TO_PAGE, phone: ANSWER_TO_PHONE } as const;

export interface MediaLinkOptions {
  readonly kind: PartStatus['kind'];
  readonly address: Address;
  readonly log: Log;
  readonly changed: () => void;
}

export class MediaLink {
  readonly #options: MediaLinkOptions;
  #engine: Promise<MediaEngine> | undefined;
  #problem: PartStatus['problem'];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MediaLinkOptions) {
    this.#options = options;
  }

  /** Resolves when the engine answered or is known not to; the link goes on trying by itself. */
  async connect(): Promise<void> {
    await this.#check();
    this.#timer = setInterval(() => void this.#check(), PING_MS).unref();
  }

  get status(): PartStatus {
    const { kind, address } = this.#options;
    return {
      kind,
      address: `${address.host}:${address.port}`,
      ok: this.#problem === undefined,
      ...(this.#problem && { problem: this.#problem }),
    };
  }

  readonly media: CallMedia = {
    offer: async (leg, sdp, to = 'page') => {
      const engine = await this.#connected();
      return (await engine.offer({ ...OFFER[to], ...idsOf(leg), sdp })).sdp;
    },
    answer: async (leg, sdp, to = 'phone') => {
      const engine = await this.#connected();
      return (await engine.answer({ ...ANSWER[to], ...idsOf(leg), 'to-tag': leg.toTag, sdp })).sdp;
    },
    release: async (leg) => {
      try {
        const engine = await this.#connected();
        await engine.delete(leg.branch === undefined ? callOf(leg) : idsOf(leg));
      } catch (error) {
        this.#options.log('warn', `the media session was not released: ${messageOf(error)}`, {
          callId: leg.callId,
        });
      }
    },
  };

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.close();
  }

  #connected(): Promise<MediaEngine> {
    const { address, log } = this.#options;
    this.#engine ??= connectRtpengine({ ...address, log }).catch((error: unknown) => {
      this.#engine = undefined;
      throw error;
    });
    return this.#engine;
  }

  async #check(): Promise<void> {
    let problem: PartStatus['problem'];
    try {
      const engine = await this.#connected();
      await engine.ping();
    } catch (error) {
      const code = error instanceof BridgeError ? error.code : 'RTPENGINE_UNREACHABLE';
      problem = { code, message: messageOf(error) };
    }
    const differs = problem?.message !== this.#problem?.message;
    this.#problem = problem;
    if (differs) this.#options.changed();
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
