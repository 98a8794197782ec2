/**
 * Makes one RTP packet per 20 ms slot: the played samples as G.711, silence after their end or while
 * muted, a telephone event while a digit is being sent. The timestamp is the slot's place in time,
 * always; slots lost to a stall leave a gap in timestamps, not in sequence numbers, exactly as a
 * sender that was silent for a moment (RFC 3550 section 5.1). No I/O.
 */
import { encodeG711 } from '../audio/g711.ts';
import { eventOf, writeTelephoneEvent } from './dtmf.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from './rtp-packet.ts';
import type { Codec } from './sdp.ts';

export const FRAME_SAMPLES = 160;
const EVENT_BYTES = 4;
/** The end of an event is sent this often (RFC 4733 section 2.5.1.4). */
const EVENT_END_PACKETS = 3;
/** 50 ms of rest between two digits, in whole slots. */
const EVENT_PAUSE_SLOTS = 3;

/** 8 kHz mono samples, or a function that fills one frame of 160 samples each time. */
export type PlaySource = Int16Array | ((frame: Int16Array) => void);

export interface SendFormat {
  readonly codec: Codec;
  readonly payloadType: number;
  readonly eventPayloadType: number | undefined;
}

interface PendingEvent {
  readonly event: number;
  readonly slots: number;
  readonly sent: () => void;
  begin: number | undefined;
  elapsed: number;
  ends: number;
  pause: number;
}

export interface SentPacket {
  readonly bytes: Uint8Array;
  readonly sequence: number;
  readonly timestamp: number;
}

export class RtpSender {
  readonly ssrc: number;
  /** Silence instead of the source: what a phone on hold sends. */
  muted = false;
  /** False while the far end holds the call: time goes on, packets do not. */
  sending = true;
  packets = 0;
  octets = 0;
  /** Slots lost because this process was stalled. */
  skipped = 0;
  /** Timestamp of the newest packet. */
  timestamp: number;

  readonly #firstTimestamp: number;
  readonly #source: PlaySource | undefined;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #events: PendingEvent[] = [];
  #sequence: number;
  #format: SendFormat | undefined;
  #encoded: Uint8Array | undefined;
  #marker = true;

  constructor(options: {
    ssrc: number;
    sequence: number;
    timestamp: number;
    source?: PlaySource | undefined;
  }) {
    this.ssrc = options.ssrc;
    this.#sequence = options.sequence;
    this.#firstTimestamp = options.timestamp;
    this.timestamp = options.timestamp;
    this.#source = options.source;
  }

  setFormat(format: SendFormat): void {
    if (this.#source instanceof Int16Array && this.#format?.codec !== format.codec) {
      // Encoded once: the time to send a packet must not depend on its content.
      this.#encoded = new Uint8Array(this.#source.length);
      encodeG711(format.codec, this.#source, this.#encoded);
    }
    this.#format = format;
  }

  get format(): SendFormat | undefined {
    return this.#format;
  }

  /** False when the digit is unknown or the other side takes no telephone events. */
  queueDigit(digit: string, durationMs: number, sent: () => void): boolean {
    const event = eventOf(digit);
    if (event === undefined || this.#format?.eventPayloadType === undefined) return false;
    const slots = Math.max(1, Math.round(durationMs / 20));
    this.#events.push({ event, slots, sent, begin: undefined, elapsed: 0, ends: 0, pause: 0 });
    return true;
  }

  /** The packet of slot n of the call; `undefined` when none is to be sent. */
  packet(slot: number, skipped: number): SentPacket | undefined {
    const format = this.#format;
    if (!format || !this.sending) {
      this.#marker = true;
      return undefined;
    }
    this.skipped += skipped;
    this.timestamp = (this.#firstTimestamp + slot * FRAME_SAMPLES) >>> 0;
    const bytes = this.#event(format) ?? this.#audio(format, slot, skipped > 0);
    const sent = { bytes, sequence: this.#sequence, timestamp: this.timestamp };
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.packets += 1;
    this.octets += bytes.length - RTP_HEADER_BYTES;
    return sent;
  }

  #audio(format: SendFormat, slot: number, afterGap: boolean): Uint8Array {
    const bytes = Buffer.allocUnsafe(RTP_HEADER_BYTES + FRAME_SAMPLES);
    writeRtpHeader(bytes, {
      payloadType: format.payloadType,
      marker: this.#marker || afterGap,
      sequence: this.#sequence,
      timestamp: this.timestamp,
      ssrc: this.ssrc,
    });
    this.#marker = false;
    const payload = bytes.subarray(RTP_HEADER_BYTES);
    if (this.#source instanceof Int16Array) {
      payload.fill(SILENCE[format.codec]);
      if (!this.muted && this.#encoded) {
        const at = slot * FRAME_SAMPLES;
        payload.set(this.#encoded.subarray(at, at + FRAME_SAMPLES));
      }
    } else {
      this.#frame.fill(0);
      // Called while muted too: a live source goes on in real time.
      this.#source?.(this.#frame);
      if (this.muted) this.#frame.fill(0);
      encodeG711(format.codec, this.#frame, payload);
    }
    return bytes;
  }

  #event(format: SendFormat): Uint8Array | undefined {
    const pending = this.#events[0];
    if (!pending || format.eventPayloadType === undefined) return undefined;
    if (pending.ends === EVENT_END_PACKETS) {
      pending.pause += 1;
      if (pending.pause < EVENT_PAUSE_SLOTS) return undefined;
      this.#events.shift();
      pending.sent();
      return undefined;
    }
    const first = pending.begin === undefined;
    pending.begin ??= this.timestamp;
    if (pending.elapsed < pending.slots) pending.elapsed += 1;
    const end = pending.elapsed === pending.slots;
    if (end) pending.ends += 1;
    const bytes = Buffer.allocUnsafe(RTP_HEADER_BYTES + EVENT_BYTES);
    writeRtpHeader(bytes, {
      payloadType: format.eventPayloadType,
      marker: first,
      sequence: this.#sequence,
      timestamp: pending.begin,
      ssrc: this.ssrc,
    });
    writeTelephoneEvent(bytes.subarray(RTP_HEADER_BYTES), pending.event, {
      end,
      duration: pending.elapsed * FRAME_SAMPLES,
    });
    return bytes;
  }
}

/** The code of amplitude zero in each law (G.711). */
const SILENCE: Readonly<Record<Codec, number>> = { pcmu: 0xff, pcma: 0xd5 };
