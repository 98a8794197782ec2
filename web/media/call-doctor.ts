/**
 * Looks at one call once a second and says what is odd about its agent (agent/diagnosis/), in the
 * worker, where everything that flows passes by.
 */
import { FlowDiagnosis, type FlowSample, type Remark } from '../../agent/diagnosis/flow.ts';
import { VoiceDiagnosis, type VoiceFormat } from '../../agent/diagnosis/voice.ts';
import type { AgentEvent } from '../../agent/dialects/types.ts';
import { PcmFramer } from '../../audio/framer.ts';
import { LevelMeter, SILENCE_DBFS } from '../../audio/levels.ts';
import { FRAME_MS } from './playout-schedule.ts';

const LOOK_MS = 1_000;
const FRAME_SAMPLES = 160;

export type FlowCounters = Omit<FlowSample, 'at' | 'playedMs' | 'peakDbfs'>;

export class CallDoctor {
  readonly #flow = new FlowDiagnosis();
  readonly #voice: VoiceDiagnosis;
  readonly #onRemarks: (remarks: readonly Remark[]) => void;
  readonly #caller: PcmFramer;
  readonly #level = new LevelMeter();
  #peakDbfs = SILENCE_DBFS;
  #playedMs = 0;
  #nextAt = 0;
  #last = '';

  /** @param onRemarks told whenever there are other ones than before */
  constructor(format: VoiceFormat, onRemarks: (remarks: readonly Remark[]) => void) {
    this.#voice = new VoiceDiagnosis(format);
    this.#onRemarks = onRemarks;
    this.#caller = new PcmFramer(FRAME_SAMPLES, (frame) => this.#voice.echo.hearCaller(frame));
  }

  onEvent(event: AgentEvent, now: number): void {
    this.#flow.onEvent(event, now);
  }

  setFormat(format: VoiceFormat): void {
    this.#voice.setFormat(format);
  }

  /** The caller's voice at 8 kHz, in pieces of any length. */
  hearCaller(samples: Int16Array): void {
    this.#caller.push(samples);
  }

  /** What came of the agent, and how long it would last. */
  hearBytes(bytes: Uint8Array, ms: number, now: number): void {
    this.#voice.hearBytes(bytes, ms, now);
  }

  beginSample(): void {
    this.#voice.beginSample();
  }

  /** One frame of 20 ms as it goes out to the caller. */
  hearAgent(frame: Int16Array, isAnswer: boolean): void {
    this.#voice.echo.hearAgent(frame);
    if (!isAnswer) return;
    this.#level.push(frame);
    this.#playedMs += FRAME_MS;
  }

  look(now: number, counters: () => FlowCounters): void {
    if (now < this.#nextAt) return;
    this.#nextAt = now + LOOK_MS;
    this.#peakDbfs = Math.max(this.#peakDbfs, this.#level.read().peakDbfs);
    const sample = { ...counters(), at: now, playedMs: this.#playedMs, peakDbfs: this.#peakDbfs };
    const remarks = [...this.#flow.look(sample), ...this.#voice.look()];
    const kinds = remarks.map(({ code }) => code).join();
    if (kinds === this.#last && kinds === '') return;
    // Figures inside a sentence move on: those who read it want the present ones.
    this.#last = kinds;
    this.#onRemarks(remarks);
  }
}
