/**
 * What the packets of one party pass on their way to the other: they can be blocked, silenced and
 * recorded here. Each of the first two, and the blocking of DTMF, has two switches, one of the call
 * and one of the party, because unblocking the call leaves alone what was blocked for a party
 * (https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html, "block DTMF").
 */
import { isEvent, silenceOf, type Format } from './codec.ts';
import type { Meter } from './leg.ts';
import type { Outlet } from './outlet.ts';
import { payloadOffset, payloadTypeOf } from './rtp.ts';

export interface Switches {
  media: boolean;
  DTMF: boolean;
  silence: boolean;
}

export function newSwitches(): Switches {
  return { media: false, DTMF: false, silence: false };
}

/** Sees every RTP packet of a party as it arrives. */
export type Tap = (packet: Buffer, formats: readonly Format[]) => void;

export class Gate {
  readonly own = newSwitches();
  /** The payload types of the party, for what must know them. */
  formats: readonly Format[] = [];
  tap: Tap | undefined;
  /** Where the packets go on to. */
  target: Outlet | undefined;
  /** What the party itself is sent, which its reports are about. */
  readonly #back: Outlet;
  readonly #call: Switches;

  constructor(call: Switches, back: Outlet) {
    this.#call = call;
    this.#back = back;
  }

  get meter(): Meter | undefined {
    return this.target?.meter;
  }

  send(packet: Buffer, kind: 'rtp' | 'rtcp'): boolean {
    const { target } = this;
    if (kind === 'rtcp') {
      this.#back.restamp.unshiftReceiverReports(packet);
      return target?.sendReports(packet) ?? false;
    }
    this.tap?.(packet, this.formats);
    if (this.#drops(packet)) return true;
    if (this.#is('silence')) this.#silence(packet);
    return target?.pass(packet) ?? false;
  }

  #is(name: keyof Switches): boolean {
    return this.own[name] || this.#call[name];
  }

  #drops(packet: Buffer): boolean {
    if (!this.#is('media') && !this.#is('DTMF')) return false;
    return this.#is(isEvent(this.formats, payloadTypeOf(packet)) ? 'DTMF' : 'media');
  }

  #silence(packet: Buffer): void {
    const byte = silenceOf(this.formats, payloadTypeOf(packet));
    if (byte !== undefined) packet.fill(byte, payloadOffset(packet));
  }
}
