/**
 * Caller → agent, inside the worker: encoded packets or decoded audio in, frames of the agent's rate
 * and size out. The encoded way keeps time by RTP timestamps (RtpTimeline): order, gaps, silence
 * suppression and hold are settled there, so that the agent gets its 50 frames every second.
 */
import { everyNth } from '../../audio/every-nth.ts';
import { decodeG711 } from '../../audio/g711.ts';
import { PcmFramer } from '../../audio/framer.ts';
import { Resampler } from '../../audio/resampler.ts';
import { RtpTimeline } from '../../audio/rtp-timeline.ts';
import type { AgentProfile } from '../../common/api.ts';
import { DtmfReader, type KeyPress } from './dtmf.ts';
import { Scope } from './scope.ts';

const RTP_RATE = 8_000;
/** The longest packet that is decoded: 200 ms. Nothing in use comes near. */
const MAX_PACKET_SAMPLES = 1_600;

/** What is used of an RTCEncodedAudioFrame. */
export interface EncodedFrame {
  readonly data: ArrayBuffer;
  getMetadata(): {
    readonly mimeType?: string;
    readonly rtpTimestamp?: number;
    readonly synchronizationSource?: number;
    readonly receiveTime?: number;
  };
}

export interface CallerAudioOptions {
  readonly input: AgentProfile['input'];
  readonly send: (frame: Int16Array) => void;
  /** The caller's audio in order and without gaps, at the rate it came in. */
  readonly onCaller?: (samples: Int16Array, sampleRate: number) => void;
  /** A key is down. */
  readonly onDigit: (digit: string) => void;
  /** It is up again. */
  readonly onKey: (press: KeyPress) => void;
  /** A packet of a codec that cannot be decoded here; told once per codec. */
  readonly onUnknownCodec: (mimeType: string) => void;
}

export class CallerAudio {
  readonly scope = new Scope();
  readonly timeline: RtpTimeline;
  packets = 0;

  readonly #options: CallerAudioOptions;
  readonly #framer: PcmFramer;
  readonly #decoded = new Int16Array(MAX_PACKET_SAMPLES);
  readonly #metered = new Int16Array(MAX_PACKET_SAMPLES);
  readonly #dtmf: DtmfReader;
  readonly #unknown = new Set<string>();
  #resampler: Resampler;
  #rate = RTP_RATE;
  #isDecoded = false;

  constructor(options: CallerAudioOptions) {
    this.#options = options;
    this.#dtmf = new DtmfReader({ onDown: options.onDigit, onUp: options.onKey });
    const { sampleRate, frameMs } = options.input;
    this.#framer = new PcmFramer((sampleRate * frameMs) / 1_000, options.send);
    this.#resampler = new Resampler({ from: RTP_RATE, to: sampleRate });
    this.timeline = new RtpTimeline({
      clockRate: RTP_RATE,
      emit: (samples) => this.#toAgent(samples),
    });
  }

  /** One frame as it came off the network, in arrival order. */
  pushEncoded(frame: EncodedFrame, now: number): void {
    const { mimeType = '', rtpTimestamp = 0, synchronizationSource = 0 } = frame.getMetadata();
    const payload = new Uint8Array(frame.data);
    switch (mimeType.toLowerCase()) {
      case 'audio/pcmu':
        this.#pushG711('pcmu', payload, rtpTimestamp, synchronizationSource, now);
        return;
      case 'audio/pcma':
        this.#pushG711('pcma', payload, rtpTimestamp, synchronizationSource, now);
        return;
      case 'audio/telephone-event':
        this.timeline.announcePause();
        this.#dtmf.push(rtpTimestamp, payload, now);
        return;
      case 'audio/cn':
        this.timeline.announcePause(payload);
        return;
      default:
        if (this.#unknown.has(mimeType)) return;
        this.#unknown.add(mimeType);
        this.#options.onUnknownCodec(mimeType);
    }
  }

  /** Decoded audio of the track-based capture, already in order and without gaps. */
  pushDecoded(samples: Int16Array, sampleRate: number): void {
    this.packets += 1;
    this.#isDecoded = true;
    // Chrome's first frames come at 48 kHz, before it settles on the codec's rate.
    if (sampleRate !== this.#rate) {
      this.#rate = sampleRate;
      this.#resampler = new Resampler({ from: sampleRate, to: this.#options.input.sampleRate });
    }
    this.#toAgent(samples);
  }

  /** Call it every 20 ms: fills time without packets. A track fills its gaps by itself. */
  tick(now: number): void {
    this.#dtmf.tick(now);
    if (!this.#isDecoded) this.timeline.tick(now);
  }

  #pushG711(
    law: 'pcmu' | 'pcma',
    payload: Uint8Array,
    rtpTimestamp: number,
    ssrc: number,
    now: number,
  ): void {
    if (payload.length === 0 || payload.length > MAX_PACKET_SAMPLES) return;
    this.packets += 1;
    const samples = this.#decoded.subarray(0, payload.length);
    decodeG711(law, payload, samples);
    this.timeline.push(rtpTimestamp, ssrc, samples, now);
  }

  #toAgent(samples: Int16Array): void {
    const metered =
      this.#rate === RTP_RATE
        ? samples
        : everyNth(samples, Math.max(1, Math.round(this.#rate / RTP_RATE)), this.#metered);
    this.scope.push(metered);
    this.#options.onCaller?.(metered, RTP_RATE);
    this.#framer.push(this.#resampler.process(samples));
  }
}
