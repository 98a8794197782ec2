/**
 * The media of one call as offer/answer sees it (RFC 3264): what we offer, what was agreed on, who
 * holds, and the RTP session that follows from it.
 */
import { BridgeError } from '../common/errors.ts';
import { RtpSession, type RtpSessionOptions } from './rtp-session.ts';
import {
  answerDirection,
  chooseFormat,
  parseSdp,
  PAYLOAD_TYPES,
  TELEPHONE_EVENT,
  writeSdp,
  type Codec,
  type Direction,
  type LocalMedia,
  type RemoteMedia,
} from './sdp.ts';

/** Seconds between 1900 and 1970: PJSIP numbers its sessions by NTP time. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

export interface CallMediaOptions extends RtpSessionOptions {
  /** In order of preference. */
  readonly codecs: readonly Codec[];
}

export class CallMedia {
  readonly rtp: RtpSession;
  readonly #address: string;
  readonly #codecs: readonly Codec[];
  readonly #sessionId = Math.floor(Date.now() / 1000) + NTP_EPOCH_SECONDS;
  #version = this.#sessionId - 1;
  #held = false;
  #remote: RemoteMedia | undefined;
  #codec: Codec | undefined;

  static async open(options: CallMediaOptions): Promise<CallMedia> {
    return new CallMedia(await RtpSession.open(options), options);
  }

  private constructor(rtp: RtpSession, { host, codecs }: CallMediaOptions) {
    this.rtp = rtp;
    this.#address = host;
    this.#codecs = codecs;
  }

  get codec(): Codec | undefined {
    return this.#codec;
  }

  get held(): boolean {
    return this.#held;
  }

  /** On hold we send silence and want none of theirs; told to them by the next offer. */
  set held(held: boolean) {
    this.#held = held;
    this.rtp.muted = held;
  }

  /** Every codec we know, also in the middle of a call, as MicroSIP does. */
  offer(): string {
    const theyHold =
      this.#remote?.direction === 'sendonly' || this.#remote?.direction === 'inactive';
    const direction = this.#held ? (theyHold ? 'inactive' : 'sendonly') : 'sendrecv';
    return this.#write({
      direction,
      formats: this.#codecs.map((codec) => ({ codec, payloadType: PAYLOAD_TYPES[codec] })),
      eventPayloadType: TELEPHONE_EVENT,
    });
  }

  /** The other side's answer to our offer. Throws NO_CODEC when nothing was agreed on. */
  accept(answer: string): void {
    const remote = parseSdp(answer);
    const format = chooseFormat(remote?.formats ?? [], this.#codecs);
    if (!remote || !format) {
      throw new BridgeError(
        'NO_CODEC',
        `The far end answered without a codec of ours (${this.#codecs.join(', ')}).`,
      );
    }
    this.#agree(remote, format);
  }

  /** Our answer to the other side's offer, whose order rules; `undefined` when nothing fits. */
  answer(offer: string): string | undefined {
    const remote = parseSdp(offer);
    const format = chooseFormat(remote?.formats ?? [], this.#codecs);
    if (!remote || !format) return undefined;
    this.#agree(remote, format);
    return this.#write({
      direction: answerDirection(remote.direction, this.#held),
      formats: [format],
      eventPayloadType: remote.eventPayloadType,
    });
  }

  #agree(remote: RemoteMedia, format: { codec: Codec; payloadType: number }): void {
    const theyListen = remote.direction === 'sendrecv' || remote.direction === 'recvonly';
    const { eventPayloadType } = remote;
    this.rtp.negotiate(remote, { ...format, eventPayloadType }, theyListen);
    this.#remote = remote;
    this.#codec = format.codec;
  }

  #write(media: {
    direction: Direction;
    formats: LocalMedia['formats'];
    eventPayloadType: number | undefined;
  }): string {
    this.#version += 1;
    this.rtp.expect(media.formats, media.eventPayloadType);
    return writeSdp({
      ...media,
      address: this.#address,
      port: this.rtp.port,
      sessionId: this.#sessionId,
      version: this.#version,
      ssrc: this.rtp.ssrc,
      cname: this.rtp.cname,
    });
  }
}
