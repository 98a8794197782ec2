/**
 * Offer and answer (RFC 3264) between two parties: each gets the leg its SDP asks for, and the other
 * one's SDP with that leg's transport. Legs outlive re-offers: ports, ICE credentials and DTLS roles
 * stay (RFC 3264 section 8, RFC 8842 section 5.5), so that a hold only changes the direction
 * attribute. A leg is made anew only when its peer is a new one, or restarts its ICE.
 */
import type { Pair } from './call.ts';
import { makeCertificate } from './certificate.ts';
import { common, formatsOf } from './codec.ts';
import { applyCodecRules, firstCodecOnly } from './codecs.ts';
import { connection, familyOf, type Family } from './interfaces.ts';
import type { Leg, LegContext } from './leg.ts';
import { PageLeg } from './page-leg.ts';
import type { Party } from './party.ts';
import { PhoneLeg } from './phone-leg.ts';
import { isSecure, type MediaProtocol } from './protocol.ts';
import { RequestError, protocolOf, type NgRequest } from './request.ts';
import { effectiveDirection, rewriteSdp } from './sdp-rewrite.ts';
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
  const section = sdp.media[audio] ?? [];
  from.label = request.label ?? from.label;
  from.protocol = protocolOf(mediaLine(section).protocol) ?? 'RTP/AVP';
  from.ptime = request.ptimeReverse ?? from.ptime;
  from.formats = from.outlet.formats = formatsOf(section);
  from.offersMux = attribute(section, 'rtcp-mux') !== undefined && !request.rtcpMux.has('reject');
  to.protocol = request.protocol ?? from.protocol;
  check(to.protocol, request);

  if (isSecure(from.protocol)) {
    const remote = transportOf(sdp, audio);
    from.offered = remote;
    from.mids = sdp.media.map((each, index) => attribute(each, 'mid') ?? String(index));
    await pageLeg(context, from, (leg) => leg.isTaken && !leg.knows(remote));
  } else {
    const { rtp } = rtpEndpoints(sdp, audio);
    const phone = request.receivedFrom ?? rtp?.address;
    const leg = await phoneLeg(context, from, rtp && familyOf(rtp.address), phone);
    announce(leg, sdp, audio, request);
  }

  let transport: string[];
  if (isSecure(to.protocol)) {
    // Without a to-tag the offer goes to somebody new.
    const leg = await pageLeg(context, to, (old) => old.isTaken && request.toTag === undefined);
    if (request.flags.has('generate-mid')) {
      to.mids ??= sdp.media.map((_, index) => String(index + 1));
    }
    transport = leg.offer();
  } else {
    const { rtcpMux } = request;
    const isMuxed =
      rtcpMux.has('offer') ||
      rtcpMux.has('require') ||
      (from.offersMux && !rtcpMux.has('demux') && !rtcpMux.has('reject'));
    const family = request.family ?? familyIn(sdp, audio);
    transport = (await phoneLeg(context, to, family)).attributes(
      rtcpMux.has('require') ? 'required' : isMuxed ? 'offered' : 'no',
    );
  }
  return finish(
    { source: from, target: to },
    { sdp: withCodecs(sdp, audio, request), audio, transport, ptime: request.ptime },
    request,
  );
}

/** @returns the SDP for `from`, who made the offer. */
export async function answer(pair: Pair, request: NgRequest): Promise<string> {
  const { from, to } = pair;
  const sdp = parseSdp(request.sdp ?? '');
  const audio = audioIndex(sdp);
  const section = sdp.media[audio] ?? [];
  to.label = request.label ?? to.label;
  to.formats = to.outlet.formats = formatsOf(section);
  from.outlet.formats = common(from.formats, to.formats);
  if (from.leg === undefined || to.leg === undefined) throw new RequestError('No offer yet');

  if (to.leg.kind === 'phone') {
    to.leg.isMuxed = attribute(section, 'rtcp-mux') !== undefined;
    announce(to.leg, sdp, audio, request);
  } else if (mediaLine(section).port !== 0) {
    const remote = transportOf(sdp, audio);
    if (to.leg.isTaken && !to.leg.knows(remote)) {
      throw new RequestError(
        'The answer has other ICE credentials than the page had before, without a new offer',
      );
    }
    await to.leg.acceptAnswer(remote);
  }

  let transport: string[] = [];
  if (from.leg.kind === 'phone') {
    from.leg.isMuxed = from.offersMux && !request.rtcpMux.has('reject');
    transport = from.leg.attributes(from.leg.isMuxed ? 'required' : 'no');
  } else if (from.offered !== undefined) {
    const role = request.dtls === 'active' ? 'active' : 'passive';
    transport = await from.leg.answer(from.offered, role);
  }
  return finish(
    { source: to, target: from },
    { sdp: withCodecs(sdp, audio, request), audio, transport, ptime: from.ptime },
    request,
  );
}

/** What the transport asked for cannot be done with. */
function check(protocol: MediaProtocol, request: NgRequest): void {
  if (isSecure(protocol)) {
    if (request.dtls === 'off') {
      throw new RequestError('SRTP with keys in the SDP (SDES) is not supported: allow DTLS');
    }
    if (request.ice === 'remove') {
      throw new RequestError('DTLS-SRTP without ICE is not supported: allow ICE');
    }
  } else if (request.ice === 'force') {
    request.warnings.push(`ICE=force is not supported with ${protocol}`);
  }
}

function withCodecs(sdp: Sdp, audio: number, request: NgRequest): Sdp {
  const narrow = (section: readonly string[]): readonly string[] => {
    const left = applyCodecRules(section, request.codec);
    return request.flags.has('single-codec') ? firstCodecOnly(left) : left;
  };
  return {
    ...sdp,
    media: sdp.media.map((section, index) => (index === audio ? narrow(section) : section)),
  };
}

interface Description {
  readonly sdp: Sdp;
  readonly audio: number;
  readonly transport: readonly string[];
  readonly ptime: number | undefined;
}

/** Joins the legs and writes the SDP of `source` for `target`. */
function finish(
  { source, target }: { readonly source: Party; readonly target: Party },
  { sdp, audio, transport, ptime }: Description,
  { flags, replace }: NgRequest,
): string {
  const { leg } = target;
  if (leg === undefined || source.leg === undefined) throw new RequestError('No media legs');
  // While a call rings in several places, or moves to another one, who has the caller keeps it.
  if (source.peer === target) source.gate.target = target.outlet;
  if (target.peer === source) target.gate.target = source.outlet;
  const { clockRate, eventTypes } = timing(sdp.media[audio] ?? []);
  for (const { meter } of [leg, source.leg]) {
    meter.incoming.clockRate = clockRate;
    meter.incoming.eventTypes = eventTypes;
  }
  source.direction = effectiveDirection(sdp, sdp.media[audio] ?? []);
  // Who receives names the payload types (RFC 3264 section 5.1).
  target.gate.formats = formatsOf(sdp.media[audio] ?? []);
  for (const { outlet } of [source, target]) outlet.restamp.clockRate = clockRate;
  const rewritten = rewriteSdp(sdp, {
    address: leg.advertised,
    port: leg.port,
    protocol: target.protocol,
    audio,
    transport: transport.flatMap((line) => rtcpAttribute(line, leg.advertised, flags)),
    mids: leg.kind === 'page' || flags.has('generate-mid') ? target.mids : undefined,
    replaceOrigin: replace.has('origin'),
    replaceSessionConnection: replace.has('session-connection'),
    originalSendrecv: flags.has('original-sendrecv'),
    ptime,
  });
  return formatSdp(
    target.origin.apply(rewritten, {
      username: replace.has('username'),
      sessionName: replace.has('session-name'),
      version: replace.has('SDP-version'),
    }),
  );
}

function rtcpAttribute(line: string, address: string, flags: ReadonlySet<string>): string[] {
  if (!line.startsWith('rtcp:')) return [line];
  if (flags.has('no-rtcp-attribute')) return [];
  return [flags.has('full-rtcp-attribute') ? `${line} ${connection(address)}` : line];
}

async function phoneLeg(
  context: LegContext,
  party: Party,
  family: Family | undefined,
  phone?: string,
): Promise<PhoneLeg> {
  if (party.leg?.kind === 'phone') return party.leg;
  const leg = await PhoneLeg.open(context, family, phone);
  await replace(party, leg);
  return leg;
}

async function pageLeg(
  context: LegContext,
  party: Party,
  isOther: (leg: PageLeg) => boolean,
): Promise<PageLeg> {
  if (party.leg?.kind === 'page' && !isOther(party.leg)) return party.leg;
  // A page whose ICE starts anew takes up DTLS anew only when it is shown another certificate.
  const isRestart = party.leg?.kind === 'page' && party.leg.isTaken;
  const leg = await PageLeg.open(
    isRestart ? { ...context, certificate: await makeCertificate() } : context,
  );
  await replace(party, leg);
  return leg;
}

async function replace(party: Party, leg: PhoneLeg | PageLeg): Promise<void> {
  const old: Leg | undefined = party.leg;
  party.leg = party.outlet.leg = leg;
  leg.join(party.gate);
  await old?.close();
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
