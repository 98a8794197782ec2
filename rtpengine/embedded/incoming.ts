/**
 * What one peer sends, packet by packet: duplicates are taken out, and loss and jitter are measured
 * (RFC 3550 appendix A, common/receiver-statistics.ts).
 *
 * A sender that starts its sequence numbers anew under the same SSRC is renumbered to go on where
 * it was. SRTP takes numbers that lie behind for replays, and refuses all of them until the stream
 * has caught up, which is minutes of silence (RFC 3711 section 3.3.1,
 * https://www.rfc-editor.org/rfc/rfc3711#section-3.3.1). Timestamps stay what they are.
 */
import { ReceiverStatistics } from '../../common/receiver-statistics.ts';
import { payloadTypeOf, sequenceOf, setSequence, ssrcOf, timestampOf } from './rtp.ts';

const G711_RATE = 8000;
/** Further back than this is a restart and no late packet: two seconds. */
const MAX_LATE = 100;

export class Incoming {
  /** Of the last packet. */
  ssrc: number | undefined;
  /** Streams begun: the first, and one for each new SSRC. */
  sources = 0;
  /** Times the sequence numbers began anew under the same SSRC. */
  restarts = 0;
  /** Payload types of telephone-event, whose timestamps stand still. */
  eventTypes: ReadonlySet<number> = new Set();
  #statistics = new ReceiverStatistics(G711_RATE);
  #clockRate = G711_RATE;
  /** What is added to sequence numbers, and the highest one handed on. */
  #offset = 0;
  #highest = 0;

  /** In a first packet's time: what jitter is counted in. */
  set clockRate(rate: number) {
    if (rate === this.#clockRate) return;
    this.#clockRate = rate;
    this.#statistics = new ReceiverStatistics(rate);
    this.ssrc = undefined;
  }

  get clockRate(): number {
    return this.#clockRate;
  }

  get statistics(): Readonly<ReceiverStatistics> {
    return this.#statistics;
  }

  /** Takes a valid RTP packet and renumbers it where it must be; false: it has been here before. */
  take(packet: Buffer, now: number): boolean {
    const ssrc = ssrcOf(packet);
    const sequence = sequenceOf(packet);
    if (ssrc !== this.ssrc) {
      if (this.ssrc !== undefined) this.#statistics.newSource();
      this.ssrc = ssrc;
      this.sources++;
      this.#offset = 0;
      this.#highest = sequence;
    }
    const timestamp = this.eventTypes.has(payloadTypeOf(packet)) ? undefined : timestampOf(packet);
    if (this.#statistics.update(sequence, timestamp, now) === 'duplicate') return false;

    let out = (sequence + this.#offset) & 0xffff;
    let ahead = ((out - this.#highest) << 16) >> 16;
    if (ahead < -MAX_LATE) {
      this.restarts++;
      out = (this.#highest + 1) & 0xffff;
      ahead = 1;
      this.#offset = (out - sequence) & 0xffff;
    }
    if (ahead > 0) this.#highest = out;
    if (this.#offset !== 0) setSequence(packet, out);
    return true;
  }
}
