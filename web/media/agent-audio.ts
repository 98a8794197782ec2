/**
 * Agent → caller, inside the worker: bytes as they come off the socket, faster than real time and
 * split anywhere, become 20 ms frames on a clock that never drifts. Silence is written when there is
 * nothing to say: a connection that sends no RTP loses its way through NATs and media timeouts.
 */
import type { AudioFormat } from '../../agent/dialects/types.ts';
import { PcmDecoder } from '../../audio/pcm.ts';
import { PlayoutQueue } from '../../audio/playout.ts';
import { Resampler } from '../../audio/resampler.ts';
import type { AgentProfile } from '../../common/api.ts';
import { FRAME_MS, PlayoutSchedule } from './playout-schedule.ts';
import { Scope } from './scope.ts';

export const PLAYOUT_RATE = 8_000;
const FRAME_SAMPLES = (PLAYOUT_RATE * FRAME_MS) / 1_000;
/** Ten minutes of speech, 9.6 MB: more than any answer, less than a leak. */
const MAX_SAMPLES = PLAYOUT_RATE * 600;

export interface AgentAudioOptions {
  readonly output: AgentProfile['output'];
  /** Takes one frame at once; the array is reused. `index` counts frames from the start. */
  readonly write: (frame: Int16Array<ArrayBuffer>, index: number) => void;
  /** More than the queue holds: this chunk is lost. */
  readonly onOverflow: (lostSamples: number) => void;
}

export class AgentAudio {
  readonly scope = new Scope();
  readonly schedule = new PlayoutSchedule();
  readonly queue: PlayoutQueue;
  bytes = 0;
  flushedSamples = 0;
  muted = false;

  readonly #options: AgentAudioOptions;
  #decoder: PcmDecoder;
  #resampler: Resampler;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  #speaking = false;
  #isFading = false;
  #isOpen = false;
  /** Places in the audio, in order, that somebody waits for the caller to have heard. */
  readonly #marks: { readonly at: number; readonly heard: () => void }[] = [];

  constructor(options: AgentAudioOptions) {
    this.#options = options;
    this.#decoder = new PcmDecoder(options.output.encoding);
    this.#resampler = new Resampler({ from: options.output.sampleRate, to: PLAYOUT_RATE });
    this.queue = new PlayoutQueue({
      frameSamples: FRAME_SAMPLES,
      cushionSamples: FRAME_SAMPLES,
      maxSamples: MAX_SAMPLES,
    });
  }

  push(bytes: Uint8Array, now: number): void {
    this.bytes += bytes.length;
    const samples = this.#resampler.process(this.#decoder.push(bytes));
    if (!this.queue.push(samples)) this.#options.onOverflow(samples.length);
    this.pump(now);
  }

  /** The agent has said what it sends; what it leaves out stays as configured. */
  setOutput(format: AudioFormat): void {
    const { encoding, sampleRate } = { ...this.#options.output, ...format };
    this.#decoder = new PcmDecoder(encoding);
    this.#resampler = new Resampler({ from: sampleRate, to: PLAYOUT_RATE });
  }

  /** Calls back once the caller has heard all the agent sent so far, or it was thrown away. */
  whenHeard(heard: () => void): void {
    this.#marks.push({ at: this.#settledSamples + this.queue.queuedSamples, heard });
    this.#settleMarks();
  }

  /** The caller hears us from now on; until then speech waits, so that no word of it is lost. */
  open(): void {
    this.#isOpen = true;
  }

  /** The caller spoke over the agent: nothing of the answer may still be heard. */
  flush(): void {
    this.flushedSamples += this.queue.flush();
    // The rest of a sample that was cut in two will not come, and would turn what follows to noise.
    this.#decoder.discard();
    // The few samples of fade end the utterance: they leave at its pace, not at that of silence,
    // which would be up to a frame later.
    this.#isFading = this.#speaking;
    this.#settleMarks();
  }

  /** Writes every frame whose time has come. */
  pump(now: number): void {
    const { schedule, queue } = this;
    for (;;) {
      const hasFrame = this.#hasFrame();
      if (hasFrame && !this.#speaking) {
        this.#speaking = true;
        schedule.beginUtterance(now);
      }
      if (!schedule.isTime(now, hasFrame)) return;
      if (!this.#isOpen) this.#frame.fill(0);
      else if (queue.pull(this.#frame) !== 'audio') this.#endUtterance();
      if (this.muted) this.#frame.fill(0);
      this.scope.push(this.#frame);
      this.#options.write(this.#frame, schedule.written);
      schedule.wrote();
      this.#settleMarks();
    }
  }

  /** When `pump` has something to do again. */
  get nextAt(): number {
    return this.#hasFrame() ? this.schedule.earliestAt : this.schedule.dueAt;
  }

  get #settledSamples(): number {
    return this.queue.playedSamples + this.flushedSamples;
  }

  #settleMarks(): void {
    for (;;) {
      const [mark] = this.#marks;
      if (mark === undefined || mark.at > this.#settledSamples) return;
      this.#marks.shift();
      mark.heard();
    }
  }

  #hasFrame(): boolean {
    return this.#isOpen && (this.#isFading || this.queue.queuedSamples >= FRAME_SAMPLES);
  }

  #endUtterance(): void {
    this.#speaking = false;
    this.#isFading = false;
    this.schedule.endUtterance();
  }
}
