/**
 * One offer/answer relation between two peers at the relay: two sides, each with the leg its SDP
 * asked for. Legs outlive re-offers: ports, ICE credentials and DTLS roles stay (RFC 3264 section 8,
 * RFC 8842 section 5.5), so that a hold only changes the direction attribute. A leg is made anew
 * only when its peer is a new one.
 */
import type { Leg, LegContext } from './leg.ts';
import { PageLeg } from './page-leg.ts';
import { PhoneLeg } from './phone-leg.ts';
import { RequestError, protocolOf, type MediaProtocol, type NgRequest } from './request.ts';
import { rewriteSdp } from './sdp-rewrite.ts';
import {
  attribute,
  audioIndex,
  formatSdp,
  mediaLine,
  parseSdp,
  rtpEndpoints,
  timing,
  transportOf,
  type Sdp,
  type Transport,
} from './sdp.ts';

export interface Side {
  tag: string | undefined;
  leg: PhoneLeg | PageLeg | undefined;
  /** Of a page that has offered and is waiting for our answer. */
  offered: Transport | undefined;
  /** a=mid per section, of a page. */
  mids: readonly string[] | undefined;
  readonly createdAt: number;
}

export class Dialog {
  readonly sides: readonly [Side, Side];
  readonly #context: LegContext;

  constructor(context: LegContext, fromTag: string) {
    this.#context = context;
    this.sides = [newSide(fromTag), newSide(undefined)];
  }

  /** Whether these tags, in this order or the other, name this dialog. */
  matches(fromTag: string, toTag: string | undefined): boolean {
    const [a, b] = this.sides;
    if (a.tag === fromTag) return toTag === undefined || b.tag === undefined || b.tag === toTag;
    return b.tag === fromTag && (toTag === undefined || a.tag === toTag);
  }

  async offer(request: NgRequest): Promise<string> {
    const { from, to } = this.#order(request);
    to.tag = request.toTag;
    const sdp = parseSdp(request.sdp ?? '');
    const audio = audioIndex(sdp);
    const incoming = protocolIn(sdp, audio);
    const outgoing = request.protocol ?? incoming;

    if (incoming === 'RTP/AVP') {
      announce(await this.#phoneLeg(from), sdp, audio, request);
    } else {
      from.offered = transportOf(sdp, audio);
      from.mids = sdp.media.map((section, index) => attribute(section, 'mid') ?? String(index));
      await this.#pageLeg(from, (leg) => leg.isTaken && !leg.knows(transportOf(sdp, audio)));
    }

    let transport: string[];
    if (outgoing === 'RTP/AVP') {
      transport = (await this.#phoneLeg(to)).attributes();
    } else {
      // Without a to-tag the offer goes to somebody new.
      const leg = await this.#pageLeg(to, (old) => old.isTaken && request.toTag === undefined);
      if (request.generateMid) to.mids ??= sdp.media.map((_, index) => String(index + 1));
      transport = leg.offer();
    }
    return this.#finish(from, to, sdp, audio, transport, request);
  }

  async answer(request: NgRequest): Promise<string> {
    const { from, to } = this.#order(request);
    to.tag = request.toTag;
    const sdp = parseSdp(request.sdp ?? '');
    const audio = audioIndex(sdp);
    const isRefused = mediaLine(sdp.media[audio] ?? []).port === 0;
    if (from.leg === undefined || to.leg === undefined) throw new RequestError('No offer yet');

    if (to.leg.kind === 'phone') announce(to.leg, sdp, audio, request);
    else if (!isRefused) {
      const remote = transportOf(sdp, audio);
      if (to.leg.isTaken && !to.leg.knows(remote)) {
        throw new RequestError(
          'The answer has other ICE credentials than the page had before, without a new offer',
        );
      }
      await to.leg.acceptAnswer(remote);
    }

    let transport: string[] = [];
    if (from.leg.kind === 'phone') transport = from.leg.attributes();
    else if (from.offered !== undefined) {
      transport = await from.leg.answer(from.offered, request.dtls);
    }
    return this.#finish(to, from, sdp, audio, transport, request);
  }

  async close(): Promise<void> {
    await Promise.all(this.sides.map(async (side) => side.leg?.close()));
  }

  /** The side that made the offer this command is about, and the other one. */
  #order(request: NgRequest): { readonly from: Side; readonly to: Side } {
    const [a, b] = this.sides;
    return b.tag !== undefined && b.tag === request.fromTag
      ? { from: b, to: a }
      : { from: a, to: b };
  }

  /** Joins the legs and writes the SDP of `source` for `target`. */
  #finish(
    source: Side,
    target: Side,
    sdp: Sdp,
    audio: number,
    transport: readonly string[],
    request: NgRequest,
  ): string {
    const { leg } = target;
    if (leg === undefined || source.leg === undefined) throw new RequestError('No media legs');
    leg.join(source.leg);
    source.leg.join(leg);
    const { clockRate, eventTypes } = timing(sdp.media[audio] ?? []);
    for (const { meter } of [leg, source.leg]) {
      meter.incoming.clockRate = clockRate;
      meter.incoming.eventTypes = eventTypes;
    }
    return formatSdp(
      rewriteSdp(sdp, {
        address: this.#context.address,
        port: leg.port,
        protocol: leg.protocol,
        audio,
        transport,
        mids: leg.kind === 'page' ? target.mids : undefined,
        replaceOrigin: request.replaceOrigin,
        replaceSessionConnection: request.replaceSessionConnection,
      }),
    );
  }

  async #phoneLeg(side: Side): Promise<PhoneLeg> {
    if (side.leg?.kind === 'phone') return side.leg;
    const leg = await PhoneLeg.open(this.#context);
    await this.#replace(side, leg);
    return leg;
  }

  async #pageLeg(side: Side, isOther: (leg: PageLeg) => boolean): Promise<PageLeg> {
    if (side.leg?.kind === 'page' && !isOther(side.leg)) return side.leg;
    const leg = await PageLeg.open(this.#context);
    await this.#replace(side, leg);
    return leg;
  }

  async #replace(side: Side, leg: PhoneLeg | PageLeg): Promise<void> {
    const old: Leg | undefined = side.leg;
    side.leg = leg;
    await old?.close();
  }
}

function newSide(tag: string | undefined): Side {
  return { tag, leg: undefined, offered: undefined, mids: undefined, createdAt: Date.now() };
}

function protocolIn(sdp: Sdp, audio: number): MediaProtocol {
  return protocolOf(mediaLine(sdp.media[audio] ?? []).protocol) ?? 'RTP/AVP';
}

function announce(leg: PhoneLeg, sdp: Sdp, audio: number, request: NgRequest): void {
  const { rtp, rtcp } = rtpEndpoints(sdp, audio);
  const address = request.sourceAddress;
  leg.announce(
    rtp && { ...rtp, address: address ?? rtp.address },
    rtcp && { ...rtcp, address: address ?? rtcp.address },
    { signalledFrom: request.receivedFrom, handover: request.mediaHandover },
  );
}
