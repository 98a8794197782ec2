/**
 * A call as the ng commands query and delete tell it, in the shape of the real rtpengine, so that
 * one reader understands both.
 */
import type { Encodable } from './bencode.ts';
import type { Call } from './call.ts';
import { familyOf } from './interfaces.ts';
import type { Endpoint } from './latch.ts';
import type { Leg, StreamState, StreamStats } from './leg.ts';
import type { Party } from './party.ts';

type Dict = Record<string, Encodable | undefined>;

export function describeCall(call: Call): Dict {
  const tags: Dict = {};
  const ssrcs: Record<string, Encodable> = {};
  const rtp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  const rtcp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  for (const [index, party] of call.parties.entries()) {
    const tag = party.tag ?? `<untagged ${index}>`;
    tags[tag] = describeParty(tag, party);
    if (party.leg === undefined) continue;
    Object.assign(ssrcs, party.leg.meter.quality.describe(Date.now()));
    add(rtp, party.leg.meter.rtp);
    add(rtcp, party.leg.meter.rtcp);
  }
  return {
    SSRC: ssrcs,
    created: seconds(call.createdAt),
    created_us: (call.createdAt % 1000) * 1000,
    'last signal': seconds(call.lastSignalAt),
    tags,
    totals: { RTP: { ...rtp }, RTCP: { ...rtcp } },
  };
}

function describeParty(tag: string, party: Party): Dict {
  const { createdAt, viaBranch, label, peer } = party;
  const peers = peer?.tag === undefined ? [] : [{ tag: peer.tag, type: 'offer/answer' }];
  return {
    tag,
    'via-branch': viaBranch,
    label,
    created: seconds(createdAt),
    'in dialogue with': peer?.tag,
    subscriptions: peers,
    subscribers: peers,
    medias: party.leg === undefined ? [] : [describeMedia(party, party.leg)],
  };
}

function describeMedia({ protocol, gate, direction }: Party, leg: NonNullable<Party['leg']>): Dict {
  return {
    index: 1,
    type: 'audio',
    protocol,
    codec: gate.formats.find(({ name }) => name !== 'telephone-event')?.encoding,
    streams: leg.streams().map((stream) => describeStream(leg, stream)),
    flags: [
      'initialized',
      // From our side: what the party takes is what we send.
      ...(direction === 'sendrecv' || direction === 'recvonly' ? ['send'] : []),
      ...(direction === 'sendrecv' || direction === 'sendonly' ? ['recv'] : []),
      ...(leg.kind === 'phone'
        ? leg.isMuxed
          ? ['rtcp-mux']
          : []
        : [
            'rtcp-mux',
            'DTLS-SRTP',
            ...(leg.role === 'actpass' ? [] : [`DTLS role ${leg.role}`]),
            'ICE',
          ]),
    ],
  };
}

function describeStream(leg: Leg, stream: StreamState): Dict {
  const { lastPacketAt, incoming } = leg.meter;
  return {
    'local port': stream.localPort,
    'local address': leg.address,
    family: family(leg.address),
    endpoint: describeEndpoint(stream.endpoint),
    'advertised endpoint': describeEndpoint(stream.announced),
    'last packet': seconds(lastPacketAt),
    flags: [
      stream.kind,
      ...(stream.endpoint === undefined ? [] : ['filled']),
      ...(stream.confirmed ? ['confirmed'] : []),
      ...(leg.kind === 'page' && stream.confirmed ? ['DTLS fingerprint verified'] : []),
      ...(leg.kind === 'page' ? ['ICE'] : []),
    ],
    SSRC: stream.kind === 'RTP' ? incoming.ssrc : undefined,
    stats: { ...stream.stats },
    reception: stream.kind === 'RTP' ? describeReception(leg) : undefined,
  };
}

/** What rtpengine does not tell: how the stream arrives at the relay itself. */
function describeReception(leg: Leg): Dict {
  const { statistics, sources, restarts } = leg.meter.incoming;
  const { received, lost, duplicates, outOfOrder, jitterMs } = statistics;
  return {
    packets: received,
    lost,
    duplicates,
    'out of order': outOfOrder,
    /** µs */
    jitter: Math.round(jitterMs * 1000),
    sources,
    restarts,
  };
}

function describeEndpoint(endpoint: Endpoint | undefined): Dict | undefined {
  if (endpoint === undefined) return undefined;
  return { family: family(endpoint.address), address: endpoint.address, port: endpoint.port };
}

function add(sum: StreamStats, more: StreamStats): void {
  sum.packets += more.packets;
  sum.bytes += more.bytes;
  sum.errors += more.errors;
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function family(address: string): string {
  return familyOf(address) === 'IP6' ? 'IPv6' : 'IPv4';
}
