/**
 * Offer and answer (RFC 3264) between two parties: each gets the leg its SDP asks for, and the other
 * one's SDP with that leg's transport. Legs outlive re-offers: ports, ICE credentials and DTLS roles
 * stay (RFC 3264 section 8, RFC 8842 section 5.5), so that a hold only changes the direction
 * attribute. A leg is made anew only when its peer is a new one.
 */
import type { Pair } from './call.ts';
import { familyOf, type Family } from './interfaces.ts';
import type { Leg, LegContext } from './leg.ts';
import { PageLeg } from './page-leg.ts';
import type { Party } from './party.ts';
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
} from './sdp.ts';

/** @returns the SDP for `to`. */
export async function offer(context: LegContext, pair: Pair, request: NgRequest): Promise<string> {
  const { from, to } = pair;
  const sdp = parseSdp(request.sdp ?? '');
  const audio = audioIndex(sdp);
  from.protocol = protocolIn(sdp, audio);
  to.protocol = request.protocol ?? from.protocol;

  if (from.protocol === 'RTP/AVP') {
    announce(await phoneLeg(context, from, familyIn(sdp, audio)), sdp, audio, request);
  } else {
    const remote = transportOf(sdp, audio);
    from.offered = remote;
    from.mids = sdp.media.map((section, index) => attribute(section, 'mid') ?? String(index));
    await pageLeg(context, from, (leg) => leg.isTaken && !leg.knows(remote));
  }

  let transport: string[];
  if (to.protocol === 'RTP/AVP') {
    const family = request.family ?? familyIn(sdp, audio);
    transport = (await phoneLeg(context, to, family)).attributes();
  } else {
    // Without a to-tag the offer goes to somebody new.
    const leg = await pageLeg(context, to, (old) => old.isTaken && request.toTag === undefined);
    if (request.generateMid) to.mids ??= sdp.media.map((_, index) => String(index + 1));
    transport = leg.offer();
  }
  return finish({ source: from, target: to }, { sdp, audio, transport }, request);
}

/** @returns the SDP for `from`, who made the offer. */
export async function answer(pair: Pair, request: NgRequest): Promise<string> {
  const { from, to } = pair;
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
  return finish({ source: to, target: from }, { sdp, audio, transport }, request);
}

/** Joins the legs and writes the SDP of `source` for `target`. */
function finish(
  { source, target }: { readonly source: Party; readonly target: Party },
  {
    sdp,
    audio,
    transport,
  }: { readonly sdp: Sdp; readonly audio: number; readonly transport: readonly string[] },
  request: NgRequest,
): string {
  const { leg } = target;
  if (leg === undefined || source.leg === undefined) throw new RequestError('No media legs');
  // While a call rings in several places, or moves to another one, who has the caller keeps it.
  if (source.peer === target) source.leg.join(leg);
  if (target.peer === source) leg.join(source.leg);
  const { clockRate, eventTypes } = timing(sdp.media[audio] ?? []);
  for (const { meter } of [leg, source.leg]) {
    meter.incoming.clockRate = clockRate;
    meter.incoming.eventTypes = eventTypes;
  }
  return formatSdp(
    rewriteSdp(sdp, {
      address: leg.advertised,
      port: leg.port,
      protocol: target.protocol,
      audio,
      transport,
      mids: leg.kind === 'page' ? target.mids : undefined,
      replaceOrigin: request.replaceOrigin,
      replaceSessionConnection: request.replaceSessionConnection,
    }),
  );
}

async function phoneLeg(
  context: LegContext,
  party: Party,
  family: Family | undefined,
): Promise<PhoneLeg> {
  if (party.leg?.kind === 'phone') return party.leg;
  const leg = await PhoneLeg.open(context, family);
  await replace(party, leg);
  return leg;
}

async function pageLeg(
  context: LegContext,
  party: Party,
  isOther: (leg: PageLeg) => boolean,
): Promise<PageLeg> {
  if (party.leg?.kind === 'page' && !isOther(party.leg)) return party.leg;
  const leg = await PageLeg.open(context);
  await replace(party, leg);
  return leg;
}

async function replace(party: Party, leg: PhoneLeg | PageLeg): Promise<void> {
  const old: Leg | undefined = party.leg;
  party.leg = leg;
  await old?.close();
}

function protocolIn(sdp: Sdp, audio: number): MediaProtocol {
  return protocolOf(mediaLine(sdp.media[audio] ?? []).protocol) ?? 'RTP/AVP';
}

/** The family of the peer's RTP address, when it has one. */
function familyIn(sdp: Sdp, audio: number): Family | undefined {
  const { rtp } = rtpEndpoints(sdp, audio);
  return rtp && familyOf(rtp.address);
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
