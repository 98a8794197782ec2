/**
 * One participant of a call as the engine knows it: its SIP tag as soon as it has one, and the leg
 * its SDP asked for. The one who offered and the one who answered are each other's `peer`. A caller
 * whose call rings in several places has one callee for each; all of them name the caller as
 * their peer, the caller names the one it hears and is heard by.
 */
import type { Format } from './codec.ts';
import { Gate, type Switches } from './gate.ts';
import { Outlet } from './outlet.ts';
import type { PageLeg } from './page-leg.ts';
import type { PhoneLeg } from './phone-leg.ts';
import type { MediaProtocol } from './protocol.ts';
import type { Direction } from './sdp-rewrite.ts';
import { SdpOrigin } from './sdp-origin.ts';
import type { Transport } from './sdp.ts';

export interface Party {
  tag: string | undefined;
  /** Of the offer that made this callee. */
  viaBranch: string | undefined;
  /** The application's own word for it. */
  label: string | undefined;
  peer: Party | undefined;
  /** Whether an answer of this party, or to it, has been handled. */
  isSettled: boolean;
  leg: PhoneLeg | PageLeg | undefined;
  /** What its SDPs are written in. */
  protocol: MediaProtocol;
  /** Of a page that has offered and is waiting for our answer. */
  offered: Transport | undefined;
  /** a=mid per section, of a page. */
  mids: readonly string[] | undefined;
  /** Whether its last offer had RTCP on the RTP port (a=rtcp-mux), and we go along. */
  offersMux: boolean;
  /** Packet time asked for on its behalf by the offer, for the answer it will get. */
  ptime: number | undefined;
  /** What it sends and takes by its last SDP, seen from its side. */
  direction: Direction;
  /** Of its last SDP. */
  formats: readonly Format[];
  /** What it sends passes the gate, what it is sent comes out of the outlet. */
  readonly gate: Gate;
  readonly outlet: Outlet;
  /** Of the SDPs it is given. */
  readonly origin: SdpOrigin;
  readonly createdAt: number;
}

/** @param switches of the call. */
export function newParty(tag: string | undefined, now: number, switches: Switches): Party {
  const outlet = new Outlet();
  return {
    tag,
    viaBranch: undefined,
    label: undefined,
    peer: undefined,
    isSettled: false,
    leg: undefined,
    protocol: 'RTP/AVP',
    offered: undefined,
    mids: undefined,
    offersMux: false,
    ptime: undefined,
    direction: 'sendrecv',
    formats: [],
    gate: new Gate(switches, outlet),
    outlet,
    origin: new SdpOrigin(),
    createdAt: now,
  };
}
