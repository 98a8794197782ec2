/**
 * The page's side of hearing the caller: makes what only the main thread can make (transform, track
 * processor, audio context), hands it to the worker, and decides which way is used. The worker tells
 * which codec comes and when it has changed over; until then the old way goes on, so that nothing is
 * lost in between.
 */
import { messageOf } from '../../common/errors.ts';
import { chooseCapture, type Capture, type CaptureMode } from './capture.ts';
import type { ToWorker } from './messages.ts';
import { WorkletCapture } from './worklet-capture.ts';

export interface CallerCaptureOptions {
  readonly worker: Worker;
  readonly mode: CaptureMode;
  /** What the agent wants to hear: the rate an AudioContext is best run at. */
  readonly sampleRate: number;
  readonly post: (message: ToWorker, transfer?: Transferable[]) => void;
  readonly onNote: (sentence: string) => void;
}

export class CallerCapture {
  readonly #options: CallerCaptureOptions;
  #mode: CaptureMode;
  #track: MediaStreamTrack | undefined;
  #hasTransform = false;
  #canDecode = false;
  /** The way the worker was told to go, and the one it goes. */
  #wanted: Capture | undefined;
  #worklet: WorkletCapture | undefined;
  #closed = false;

  constructor(options: CallerCaptureOptions) {
    this.#options = options;
    this.#mode = options.mode;
  }

  /** In the `track` handler and nowhere else: a moment later the first packets have gone by. */
  attach(receiver: RTCRtpReceiver, isG711: boolean): void {
    this.#track = receiver.track;
    this.#canDecode = isG711;
    this.#hasTransform = 'RTCRtpScriptTransform' in globalThis;
    // Whatever way is used: keys come as packets, and a codec may change during a call.
    if (this.#hasTransform) receiver.transform = new RTCRtpScriptTransform(this.#options.worker);
    this.#decide();
  }

  setMode(mode: CaptureMode): void {
    this.#mode = mode;
    if (this.#track === undefined) return;
    this.#decide();
    if (mode !== 'auto' && this.#wanted !== mode) {
      this.#options.onNote(`Capture "${mode}" cannot be had here; "${this.#wanted}" is used.`);
    }
  }

  /** Packets of this kind come now. */
  onCodec(mimeType: string, canDecode: boolean): void {
    if (canDecode === this.#canDecode) return;
    this.#canDecode = canDecode;
    this.#decide();
    if (!canDecode) {
      this.#options.onNote(`${mimeType} is decoded by the browser: capture "${this.#wanted}".`);
    }
  }

  /** The worker has changed over. */
  onChanged(capture: Capture): void {
    if (capture !== 'worklet' && this.#wanted !== 'worklet') this.#closeWorklet();
  }

  close(): void {
    this.#closed = true;
    this.#closeWorklet();
  }

  #decide(): void {
    const way = chooseCapture(this.#mode, {
      encoded: this.#hasTransform && this.#canDecode,
      track: 'MediaStreamTrackProcessor' in globalThis,
      worklet: 'AudioWorkletNode' in globalThis,
    });
    if (way === undefined || way === this.#wanted || this.#track === undefined) return;
    this.#wanted = way;
    if (way === 'encoded') this.#options.post({ type: 'capture', way });
    else if (way === 'track') this.#captureTrack(this.#track);
    else void this.#captureWorklet(this.#track);
  }

  #captureTrack(track: MediaStreamTrack): void {
    const { readable } = new MediaStreamTrackProcessor({ track: track as MediaStreamAudioTrack });
    this.#options.post({ type: 'capture', way: 'track', readable }, [readable]);
  }

  async #captureWorklet(track: MediaStreamTrack): Promise<void> {
    this.#closeWorklet();
    try {
      const worklet = await WorkletCapture.start(track, this.#options.sampleRate);
      if (this.#closed || this.#wanted !== 'worklet') {
        worklet.close();
        return;
      }
      this.#worklet = worklet;
      const { port, sampleRate } = worklet;
      this.#options.post({ type: 'capture', way: 'worklet', port, sampleRate }, [port]);
      if (worklet.isSuspended) {
        this.#options.onNote(
          'Capture "worklet" waits: the browser starts its AudioContext only after a click on the page.',
        );
      }
    } catch (thrown) {
      this.#options.onNote(`Capture "worklet" does not start: ${messageOf(thrown)}`);
      this.#wanted = undefined;
    }
  }

  #closeWorklet(): void {
    this.#worklet?.close();
    this.#worklet = undefined;
  }
}
