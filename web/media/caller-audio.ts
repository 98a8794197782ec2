/**
 * Caller → agent, inside the worker: encoded packets or decoded audio in, frames of the agent's rate
 * and size out. The encoded way keeps time by RTP timestamps (RtpTimeline): order, gaps, silence
 * suppression and hold are settled there, so that the agent gets its 50 frames every second. What
 * comes decoded is in order already (DecodedTimeline). Either can take over from the other at any
 * moment (Handover); the encoded one is kept up to date all the time.
 */
import { DecodedTimeline } from '../../audio/decoded-timeline.ts';
import { decodeG711 } from '../../audio/g711.ts';
import { PcmFramer } from '../../audio/framer.ts';
import { Handover } from '../../audio/handover.ts';
import { Resampler } from '../../audio/resampler.ts';
import { RtpTimeline } from '../../audio/rtp-timeline.ts';
import type { AgentProfile } from '../../common/api.ts';
import type { Capture } from './capture.ts';
import { DtmfReader, type KeyPress } from './dtmf.ts';
import { Injection } from './injection.ts';
import { Scope } from './scope.ts';

const RTP_RATE = 8_000;
/** The browser's decoder begins when it is listened to, and its jitter buffer with a guess. */
const SETTLE_MS = 1_000;
/** The longest packet that is decoded: 200 ms. Nothing in use comes near. */
const MAX_PACKET_SAMPLES = 1_600;

/** What is used of an RTCEncodedAudioFrame: its metadata are made anew each time they are asked for. */
export interface EncodedFrame {
  readonly data: ArrayBuffer;
  readonly metadata: {
    readonly mimeType?: string;
    readonly rtpTimestamp?: number;
    readonly synchronizationSource?: number;
    readonly receiveTime?: number;
  };
}

export interface CallerAudioOptions {
  readonly input: AgentProfile['input'];
  readonly send: (frame: Int16Array) => void;
  /** What the agent hears of the caller, at 8 kHz: for meters. */
  readonly onCaller?: (samples: Int16Array) => void;
  /** A key is down. */
  readonly onDigit: (digit: string) => void;
  /** It is up again. */
  readonly onKey: (press: KeyPress) => void;
  /** Packets of this codec come from now on, and whether they can be decoded here. */
  readonly onCodec: (mimeType: string, canDecode: boolean) => void;
  /** The agent hears the caller this way now; not aligned: with a jump, because it had to be. */
  readonly onCapture: (capture: Capture, aligned: boolean) => void;
}

/** The browser's decoded audio, on its way to the agent's rate. */
interface Decoded {
  rate: number;
  resampler: Resampler;
  readonly timeline: DecodedTimeline;
}

export class CallerAudio {
  readonly scope = new Scope();
  /** The agent hears silence. */
  muted = false;
  readonly timeline: RtpTimeline;
  /** What a person at the page says in the caller's place. */
  readonly injection = new Injection();
  packets = 0;

  readonly #options: CallerAudioOptions;
  readonly #framer: PcmFramer;
  readonly #handover: Handover<Capture>;
  readonly #samples = new Int16Array(MAX_PACKET_SAMPLES);
  readonly #dtmf: DtmfReader;
  readonly #resampler: Resampler;
  readonly #meters: Resampler;
  readonly #decoded = new Map<Capture, Decoded>();
  #codec = '';
  #canDecode = true;
  #now = 0;

  constructor(options: CallerAudioOptions) {
    this.#options = options;
    this.#dtmf = new DtmfReader({ onDown: options.onDigit, onUp: options.onKey });
    const { sampleRate, frameMs } = options.input;
    this.#framer = new PcmFramer((sampleRate * frameMs) / 1_000, options.send);
    this.#handover = new Handover<Capture>({
      sampleRate,
      first: 'encoded',
      emit: (samples) => this.#toAgent(samples),
      onChanged: options.onCapture,
    });
    this.#resampler = new Resampler({ from: RTP_RATE, to: sampleRate });
    this.#meters = new Resampler({ from: sampleRate, to: RTP_RATE });
    this.timeline = new RtpTimeline({
      clockRate: RTP_RATE,
      emit: (samples) =>
        this.#handover.push('encoded', this.#resampler.process(samples), this.#now),
    });
  }

  /** The way in use. */
  get capture(): Capture {
    return this.#handover.way;
  }

  /** Hear the caller this way, as soon as its audio is there. */
  use(capture: Capture): void {
    if (capture === this.#handover.way && capture === this.#handover.wanted) {
      this.#options.onCapture(capture, true);
      return;
    }
    if (capture !== 'encoded' && this.#handover.wanted !== capture) {
      const { sampleRate } = this.#options.input;
      this.#decoded.set(capture, {
        rate: sampleRate,
        resampler: new Resampler({ from: sampleRate, to: sampleRate }),
        timeline: new DecodedTimeline(sampleRate, (samples) =>
          this.#handover.push(capture, samples, this.#now),
        ),
      });
    }
    const canWait = capture !== 'encoded' && this.#canDecode;
    this.#handover.changeTo(capture, canWait ? SETTLE_MS : 0);
  }

  /** Whether what comes this way is of any use; if not, stop it. */
  needs(capture: Capture): boolean {
    return capture === this.#handover.way || capture === this.#handover.wanted;
  }

  /** One frame as it came off the network, in arrival order. */
  pushEncoded({ data, metadata }: EncodedFrame, now: number): void {
    const { mimeType = '', rtpTimestamp = 0, synchronizationSource = 0 } = metadata;
    const payload = new Uint8Array(data);
    switch (mimeType.toLowerCase()) {
      case 'audio/pcmu':
        this.#tell(mimeType, true);
        this.#pushG711('pcmu', payload, rtpTimestamp, synchronizationSource, now);
        return;
      case 'audio/pcma':
        this.#tell(mimeType, true);
        this.#pushG711('pcma', payload, rtpTimestamp, synchronizationSource, now);
        return;
      case 'audio/telephone-event':
        this.timeline.announcePause();
        this.#dtmf.push(rtpTimestamp, payload, now);
        return;
      case 'audio/cn':
        this.timeline.announcePause();
        return;
      default:
        this.packets += 1;
        this.#tell(mimeType, false);
    }
  }

  /** Audio that the browser has decoded, in order and without gaps. */
  pushDecoded(capture: Capture, samples: Int16Array, sampleRate: number, now: number): void {
    const decoded = this.#decoded.get(capture);
    if (decoded === undefined || !this.needs(capture)) return;
    // Without a transform there are no packets to be counted.
    if (this.#codec === '') this.packets += 1;
    // Chrome's first frames come at 48 kHz, before it settles on the codec's rate.
    if (sampleRate !== decoded.rate) {
      decoded.rate = sampleRate;
      decoded.resampler = new Resampler({ from: sampleRate, to: this.#options.input.sampleRate });
    }
    this.#now = now;
    decoded.timeline.push(decoded.resampler.process(samples), now);
  }

  /** Call it every 20 ms: fills time in which nothing comes. */
  tick(now: number): void {
    this.#dtmf.tick(now);
    this.#now = now;
    this.timeline.tick(now);
    for (const [capture, { timeline }] of this.#decoded) {
      if (this.#handover.way === capture) timeline.tick(now);
      else if (!this.needs(capture)) this.#decoded.delete(capture);
    }
  }

  #tell(mimeType: string, canDecode: boolean): void {
    if (mimeType === this.#codec) return;
    this.#codec = mimeType;
    this.#canDecode = canDecode;
    this.#options.onCodec(mimeType, canDecode);
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
    const samples = this.#samples.subarray(0, payload.length);
    decodeG711(law, payload, samples);
    this.#now = now;
    this.timeline.push(rtpTimestamp, ssrc, samples, now);
  }

  /** Audio that is in order, complete and at the agent's rate already: of a recording. */
  replay(samples: Int16Array): void {
    this.#toAgent(samples);
  }

  #toAgent(voice: Int16Array): void {
    const samples = this.injection.mix(this.muted ? new Int16Array(voice.length) : voice);
    this.#framer.push(samples);
    const heard = this.#meters.process(samples);
    this.scope.push(heard);
    this.#options.onCaller?.(heard);
  }
}
