/**
 * The caller's packets as the browser hands them over, one frame each, in arrival order and before
 * any jitter buffer (https://www.w3.org/TR/webrtc-encoded-transform/#RTCRtpScriptTransformer). A
 * frame is passed on to the browser's decoder only where somebody listens to that. It runs fifty
 * times a second in every call, so it makes no more promises than it must.
 */
import type { EncodedFrame } from './caller-audio.ts';
import type { Impairer } from './impairment.ts';

export interface PacketSourceOptions {
  readonly impairer: Impairer;
  readonly onPacket: (packet: EncodedFrame) => void;
  /** Whether something hears the caller by the browser's own decoder. */
  readonly isDecoded: () => boolean;
  readonly onEnd: (thrown: unknown) => void;
}

export class PacketSource {
  readonly #options: PacketSourceOptions;
  #isStopped = false;

  constructor(options: PacketSourceOptions) {
    this.#options = options;
  }

  read({ readable, writable }: RTCRtpScriptTransformer): void {
    const { impairer, onEnd } = this.#options;
    const reader = readable.getReader();
    const decoder = writable.getWriter();
    const arrive = (frame: RTCEncodedAudioFrame) => this.#arrive(frame, decoder);
    const took = ({ done, value }: ReadableStreamReadResult<RTCEncodedAudioFrame>): void => {
      if (done || this.#isStopped) return;
      // Before the packet is looked at: whatever comes of that, the next one is read.
      next();
      impairer.pass(() => arrive(value));
    };
    const next = () => void reader.read().then(took).catch(onEnd);
    next();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #arrive(
    frame: RTCEncodedAudioFrame,
    decoder: WritableStreamDefaultWriter<RTCEncodedAudioFrame>,
  ): void {
    const { onPacket, isDecoded, onEnd } = this.#options;
    if (this.#isStopped) return;
    onPacket({ data: frame.data, metadata: frame.getMetadata() });
    if (isDecoded()) decoder.write(frame).catch(onEnd);
  }
}
