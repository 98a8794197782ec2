/**
 * Takes received RTP apart: counts it (RFC 3550), records it on the RTP time axis, collects the
 * digits of telephone events and keeps a line per packet for whoever measures. No I/O.
 */
import { decodeG711 } from '../audio/g711.ts';
import { parseTelephoneEvent } from './dtmf.ts';
import { ReceiverStatistics } from '../common/receiver-statistics.ts';
import { Recorder } from './recorder.ts';
import { parseRtp, type RtpPacket } from './rtp-packet.ts';
import type { Codec } from './sdp.ts';

/** One received packet: what the far end wrote and when it came, in `performance.now()` time. */
export interface ReceivedPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly arrivalMs: number;
  /** Where its first sample lies in the recording. */
  readonly sample: number;
}

export interface Recording {
  readonly sampleRate: number;
  /** On the RTP time axis; gaps are zeros. */
  readonly samples: Int16Array;
  readonly packets: readonly ReceivedPacket[];
}

export interface ReceiveFormat {
  readonly codec: Codec;
  readonly payloadType: number;
}

export class RtpReceiver {
  readonly statistics = new ReceiverStatistics(8000);
  /** Datagrams that are not RTP, or carry a payload type nobody agreed on. */
  malformed = 0;
  ssrc: number | undefined;
  codec: Codec | undefined;
  /** Digits received as telephone events. */
  digits = '';
  firstMs: number | undefined;
  readonly #recorder: Recorder;
  readonly #record: boolean;
  readonly #packets: ReceivedPacket[] = [];
  #formats: readonly ReceiveFormat[] = [];
  #eventPayloadType: number | undefined;
  #eventTimestamp: number | undefined;

  constructor(originMs: number, record: boolean) {
    this.#recorder = new Recorder(originMs);
    this.#record = record;
  }

  setFormats(formats: readonly ReceiveFormat[], eventPayloadType: number | undefined): void {
    this.#formats = formats;
    this.#eventPayloadType = eventPayloadType;
  }

  /** The packet, when it is one of this call's; anything else is counted and dropped. */
  receive(datagram: Uint8Array, arrivalMs: number): RtpPacket | undefined {
    const packet = parseRtp(datagram);
    const format = this.#formats.find(({ payloadType }) => payloadType === packet?.payloadType);
    if (!packet || (!format && packet.payloadType !== this.#eventPayloadType)) {
      this.malformed += 1;
      return undefined;
    }
    if (packet.ssrc !== this.ssrc) {
      if (this.ssrc !== undefined) this.statistics.newSource();
      this.ssrc = packet.ssrc;
    }
    const { sequence, timestamp } = packet;
    const arrival = this.statistics.update(sequence, timestamp, arrivalMs);
    if (arrival === 'duplicate' || arrival === 'invalid') return undefined;
    this.firstMs ??= arrivalMs;
    if (format) this.#audio(packet, format, arrivalMs);
    else this.#event(packet);
    return packet;
  }

  /** What was heard from `fromMs` to `toMs`; the packets' samples are counted from there. */
  recording(fromMs: number, toMs: number): Recording {
    const offset = this.#recorder.at(fromMs);
    return {
      sampleRate: this.#recorder.sampleRate,
      samples: this.#recorder.samples(fromMs, toMs),
      packets: this.#packets.map((packet) => ({ ...packet, sample: packet.sample - offset })),
    };
  }

  #audio(packet: RtpPacket, format: ReceiveFormat, arrivalMs: number): void {
    this.codec = format.codec;
    if (!this.#record) return;
    const { sequence, timestamp, ssrc, payload } = packet;
    const sample = this.#recorder.place(ssrc, timestamp, arrivalMs);
    this.#packets.push({ sequence, timestamp, arrivalMs, sample });
    const room = this.#recorder.room(sample, payload.length);
    if (room) decodeG711(format.codec, payload, room);
  }

  /** The end packet comes three times with one timestamp: the digit counts once. */
  #event(packet: RtpPacket): void {
    const event = parseTelephoneEvent(packet.payload);
    if (!event?.end || packet.timestamp === this.#eventTimestamp) return;
    this.#eventTimestamp = packet.timestamp;
    this.digits += event.digit;
  }
}
