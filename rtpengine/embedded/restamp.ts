/**
 * Lets packets of the engine's own into a stream it relays, so that the receiver sees one stream:
 * the same SSRC, sequence numbers without a gap, timestamps that go on with the wall clock. As long
 * as nothing was put in, every packet passes as it came. Afterwards sequence numbers and timestamps
 * are shifted, and so are the RTCP reports about them (RFC 3550 section 6.4,
 * https://www.rfc-editor.org/rfc/rfc3550#section-6.4), so that both ends still speak of the same.
 */
import { randomInt } from 'node:crypto';
import { sequenceOf, setSequence, ssrcOf, timestampOf } from './rtp.ts';

const HEADER = 12;
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const BLOCK_BYTES = 24;

export interface OwnPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** Of the first sample, as `timestampAt` gave it. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

export class Restamp {
  #ssrc: number | undefined;
  #sequence = 0;
  /** Of the last packet that passed, and when: what the clock of the stream goes by. */
  #timestamp = 0;
  #at = 0;
  #clockRate = 8000;
  #sequenceShift = 0;
  #timestampShift = 0;
  /** Own packets have gone out since the last one that passed. */
  #isBehind = false;

  set clockRate(rate: number) {
    this.#clockRate = rate;
  }

  get clockRate(): number {
    return this.#clockRate;
  }

  /** Shifts an RTP packet as far as own packets have made that necessary. */
  pass(packet: Buffer, now: number): void {
    const ssrc = ssrcOf(packet);
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#sequenceShift = this.#timestampShift = 0;
      this.#isBehind = false;
    } else if (this.#isBehind) {
      this.#isBehind = false;
      this.#sequenceShift = (this.#sequence + 1 - sequenceOf(packet)) & 0xffff;
      this.#timestampShift = (this.timestampAt(now) - timestampOf(packet)) >>> 0;
    }
    if (this.#sequenceShift !== 0) {
      setSequence(packet, (sequenceOf(packet) + this.#sequenceShift) & 0xffff);
    }
    if (this.#timestampShift !== 0) {
      packet.writeUInt32BE((timestampOf(packet) + this.#timestampShift) >>> 0, 4);
    }
    this.#sequence = sequenceOf(packet);
    this.#timestamp = timestampOf(packet);
    this.#at = now;
  }

  /** What the timestamp of a sample of this moment is. */
  timestampAt(now: number): number {
    if (this.#ssrc === undefined) this.#begin(now);
    const elapsed = Math.max(0, now - this.#at);
    return (this.#timestamp + Math.round((elapsed * this.#clockRate) / 1000)) >>> 0;
  }

  /** A packet of our own, the next one of the stream. */
  own({ payloadType, marker, timestamp, payload }: OwnPacket, now: number): Buffer {
    if (this.#ssrc === undefined) this.#begin(now);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#isBehind = true;
    const packet = Buffer.allocUnsafe(HEADER + payload.length);
    packet[0] = 0x80;
    packet[1] = payloadType | (marker ? 0x80 : 0);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(timestamp, 4);
    packet.writeUInt32BE(this.#ssrc ?? 0, 8);
    payload.copy(packet, HEADER);
    return packet;
  }

  /** Shifts the sender reports of the stream, which go the same way as it. */
  shiftSenderReports(packet: Buffer): void {
    if (this.#timestampShift === 0) return;
    eachReport(packet, (type, at) => {
      if (type !== SENDER_REPORT || packet.readUInt32BE(at + 4) !== this.#ssrc) return;
      const shifted = (packet.readUInt32BE(at + 16) + this.#timestampShift) >>> 0;
      packet.writeUInt32BE(shifted, at + 16);
    });
  }

  /** Undoes the shift in what the receiver reports of the stream, on its way to the sender. */
  unshiftReceiverReports(packet: Buffer): void {
    if (this.#sequenceShift === 0) return;
    const shift = (this.#sequenceShift << 16) >> 16;
    eachReport(packet, (type, at, end) => {
      const count = packet.readUInt8(at) & 0x1f;
      const first = at + (type === SENDER_REPORT ? 28 : 8);
      for (let n = 0; n < count; n++) {
        const block = first + n * BLOCK_BYTES;
        if (block + BLOCK_BYTES > end) return;
        if (packet.readUInt32BE(block) !== this.#ssrc) continue;
        const highest = (packet.readUInt32BE(block + 8) - shift) >>> 0;
        packet.writeUInt32BE(highest, block + 8);
      }
    });
  }

  /** A stream that begins with us. */
  #begin(now: number): void {
    this.#ssrc = randomInt(2 ** 32);
    this.#sequence = randomInt(2 ** 15);
    this.#timestamp = randomInt(2 ** 31);
    this.#at = now;
  }
}

/** The packet is a well-formed compound (rtp.ts has looked at its lengths). */
function eachReport(packet: Buffer, found: (type: number, at: number, end: number) => void): void {
  for (let at = 0; at + 8 <= packet.length;) {
    const type = packet.readUInt8(at + 1);
    const end = at + (packet.readUInt16BE(at + 2) + 1) * 4;
    if (end > packet.length) return;
    if (type === SENDER_REPORT && end - at >= 28) found(type, at, end);
    if (type === RECEIVER_REPORT) found(type, at, end);
    at = end;
  }
}
