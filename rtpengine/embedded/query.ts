/**
 * A call as the ng commands query and delete tell it, in the shape of the real rtpengine, so that
 * one reader understands both.
 */
import type { Encodable } from './bencode.ts';
import type { Call } from './call.ts';
import type { Side } from './dialog.ts';
import type { Endpoint } from './latch.ts';
import type { Leg, StreamState, StreamStats } from './leg.ts';

type Dict = Record<string, Encodable | undefined>;

export function describeCall(call: Call): Dict {
  const tags: Dict = {};
  const ssrcs: Record<string, Encodable> = {};
  const rtp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  const rtcp: StreamStats = { packets: 0, bytes: 0, errors: 0 };
  for (const { sides } of call.dialogs) {
    for (const [index, side] of sides.entries()) {
      if (side.tag !== undefined) tags[side.tag] = describeSide(side, sides[1 - index]);
      if (side.leg === undefined) continue;
      Object.assign(ssrcs, side.leg.meter.quality.describe(Date.now()));
      add(rtp, side.leg.meter.rtp);
      add(rtcp, side.leg.meter.rtcp);
    }
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

function describeSide(side: Side, other: Side | undefined): Dict {
  const peer = other?.tag === undefined ? [] : [{ tag: other.tag, type: 'offer/answer' }];
  return {
    tag: side.tag,
    created: seconds(side.createdAt),
    subscriptions: peer,
    subscribers: peer,
    medias: side.leg === undefined ? [] : [describeMedia(side.leg)],
  };
}

function describeMedia(leg: Leg): Dict {
  return {
    index: 1,
    type: 'audio',
    protocol: leg.protocol,
    streams: leg.streams().map((stream) => describeStream(leg, stream)),
    flags: leg.kind === 'page' ? ['initialized', 'rtcp-mux', 'DTLS-SRTP', 'ICE'] : ['initialized'],
  };
}

function describeStream(leg: Leg, stream: StreamState): Dict {
  const { lastPacketAt, incoming } = leg.meter;
  return {
    'local port': stream.localPort,
    'local address': leg.address,
    family: 'IPv4',
    endpoint: describeEndpoint(stream.endpoint),
    'advertised endpoint': describeEndpoint(stream.announced),
    'last packet': seconds(lastPacketAt),
    flags: [
      stream.kind,
      ...(stream.endpoint === undefined ? [] : ['filled']),
      ...(stream.confirmed ? ['confirmed'] : []),
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
  return { family: 'IPv4', address: endpoint.address, port: endpoint.port };
}

function add(sum: StreamStats, more: StreamStats): void {
  sum.packets += more.packets;
  sum.bytes += more.bytes;
  sum.errors += more.errors;
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
