/**
 * The caller's audio by way of an AudioContext and an AudioWorklet: for browsers that have neither
 * script transforms nor track processors, and to compare. The slowest way, and the only one that
 * needs a gesture: until the person at the page has clicked, the context may stay suspended, and
 * then nothing comes.
 */
import workletUrl from './capture-worklet.js?url&no-inline';

export class WorkletCapture {
  /** What the worklet hears comes out of here. */
  readonly port: MessagePort;
  readonly sampleRate: number;
  readonly #context: AudioContext;
  readonly #resume = () => void this.#context.resume();

  /** @param sampleRate the browser resamples to. */
  static async start(track: MediaStreamTrack, sampleRate: number): Promise<WorkletCapture> {
    // No device: what the person at the page hears comes another way. Whole rather than quick: with
    // little latency a busy machine makes Chrome drop pieces of 10 ms.
    const context = new AudioContext({
      sampleRate,
      latencyHint: 'playback',
      sinkId: { type: 'none' },
    });
    try {
      await context.audioWorklet.addModule(workletUrl);
      return new WorkletCapture(context, track);
    } catch (thrown) {
      await context.close();
      throw thrown;
    }
  }

  private constructor(context: AudioContext, track: MediaStreamTrack) {
    this.#context = context;
    this.sampleRate = context.sampleRate;
    const node = new AudioWorkletNode(context, 'caller-capture', {
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    // A node that leads nowhere is not rendered; this one's output is silence.
    context
      .createMediaStreamSource(new MediaStream([track]))
      .connect(node)
      .connect(context.destination);
    this.port = node.port;
    addEventListener('pointerdown', this.#resume);
    addEventListener('keydown', this.#resume);
    this.#resume();
  }

  get isSuspended(): boolean {
    return this.#context.state === 'suspended';
  }

  close(): void {
    removeEventListener('pointerdown', this.#resume);
    removeEventListener('keydown', this.#resume);
    if (this.#context.state !== 'closed') void this.#context.close();
  }
}
