/**
 * Agent → caller, inside the worker: bytes as they come off the socket, faster than real time and
 * split anywhere, become 20 ms frames on a clock that never drifts. Silence is written when there is
 * nothing to say: a connection that sends no RTP loses its way through NATs and media timeouts.
 */
import type { AudioFormat } from '../../agent/dialects/types.ts';
import { AnswerGate } from '../../audio/answer-gate.ts';
import { everyNth } from '../../audio/every-nth.ts';
import { PcmDecoder } from '../../audio/pcm.ts';
import { PlayLedger, type Reached } from '../../audio/play-ledger.ts';
import { PlayoutQueue } from '../../audio/playout.ts';
import { Resampler } from '../../audio/resampler.ts';
import type { AgentProfile } from '../../common/api.ts';
import type { CutBy } from '../../common/figures.ts';
import { Histogram } from '../../common/histogram.ts';
import { FRAME_MS, PlayoutSchedule } from './playout-schedule.ts';
import { Scope } from './scope.ts';

/** What G.711 carries; a wideband call plays out at twice that. */
export const PLAYOUT_RATE = 8_000;
const METER_SAMPLES = (PLAYOUT_RATE * FRAME_MS) / 1_000;
/** Ten minutes of speech, 9.6 MB: more than any answer, less than a leak. */
const MAX_SECONDS = 600;
/** What an agent that sends unevenly in real time may need: more would be heard as slowness. */
const MAX_CUSHION_MS = 120;

export interface AgentAudioOptions {
  readonly output: AgentProfile['output'];
  /** Of the frames written: a multiple of PLAYOUT_RATE, which it is when left out. */
  readonly rate?: number;
  /** Whether audio of a cut answer may come after the agent has cut it. */
  readonly hasStragglers: boolean;
  /** Takes one frame at once; the array is reused. */
  readonly write: (frame: Int16Array<ArrayBuffer>, about: FrameFacts) => void;
  /** More than the queue holds: this chunk is lost, and maybe more after it. */
  readonly onOverflow: (lostSamples: number) => void;
  /** May put something into a frame in which the agent says nothing. */
  readonly fill?: (frame: Int16Array, now: number) => void;
}

export interface FrameFacts {
  /** Counts frames from the start. */
  readonly index: number;
  readonly now: number;
  /** When it was to be written, by the clock. */
  readonly dueAt: number;
  /** For the first frame of an answer that found nothing queued: since when it might be played. */
  readonly readyAt: number | undefined;
  /** The answer it belongs to, if it is sound. */
  readonly answer: number | undefined;
  /** The frame at PLAYOUT_RATE, for meters. */
  readonly metered: Int16Array;
}

export class AgentAudio {
  readonly scope = new Scope();
  readonly schedule = new PlayoutSchedule();
  readonly ledger = new PlayLedger();
  readonly gate = new AnswerGate();
  readonly queue: PlayoutQueue;
  readonly flushTime = new Histogram();
  readonly playoutLate = new Histogram();
  readonly playoutWait = new Histogram();
  bytes = 0;
  flushedSamples = 0;
  /** Lost because the queue was full. */
  overflowSamples = 0;
  muted = false;

  readonly #options: AgentAudioOptions;
  #decoder: PcmDecoder;
  #resampler: Resampler;
  readonly #rate: number;
  readonly #frame: Int16Array<ArrayBuffer>;
  readonly #metered = new Int16Array(METER_SAMPLES);
  #speaking = false;
  #isFading = false;
  #isOpen = false;
  /** Of an answer that found nothing queued: when its first bytes came, and when it might be played. */
  #readAt: number | undefined;
  #readyAt: number | undefined;
  #isFull = false;
  #cutAt = 0;
  #receivedSamples = 0;
  /** Of decoders and resamplers that were replaced. */
  #clippedBefore = 0;

  constructor(options: AgentAudioOptions) {
    this.#options = options;
    const { rate = PLAYOUT_RATE } = options;
    const frameSamples = (rate * FRAME_MS) / 1_000;
    this.#rate = rate;
    this.#frame = new Int16Array(frameSamples);
    this.#decoder = new PcmDecoder(options.output.encoding);
    this.#resampler = new Resampler({ from: options.output.sampleRate, to: rate });
    this.queue = new PlayoutQueue({
      frameSamples,
      cushionSamples: frameSamples,
      maxCushionSamples: (rate * MAX_CUSHION_MS) / 1_000,
      maxSamples: rate * MAX_SECONDS,
    });
  }

  /** Samples that did not fit into 16 bits. */
  get clipped(): number {
    return this.#clippedBefore + this.#decoder.clipped + this.#resampler.clipped;
  }

  /** Audio that came, as samples of the playout. */
  get receivedSamples(): number {
    return this.#receivedSamples;
  }

  /** How long so many samples of the playout last, to the millisecond. */
  toMs(samples: number): number {
    return Math.round((samples * 1_000) / this.#rate);
  }

  push(bytes: Uint8Array, now: number): void {
    this.bytes += bytes.length;
    if (!this.gate.admits(bytes.length, now)) return;
    if (!this.#speaking && this.queue.queuedSamples === 0) this.#readAt ??= now;
    const samples = this.#resampler.process(this.#decoder.push(bytes));
    this.#receivedSamples += samples.length;
    const hasRoom = this.queue.push(samples);
    // Told once, however many chunks are lost until there is room again.
    if (!hasRoom && !this.#isFull) this.#options.onOverflow(samples.length);
    this.#isFull = !hasRoom;
    if (!hasRoom) this.overflowSamples += samples.length;
    else if (samples.length > 0) this.ledger.push(samples.length, now);
    this.pump(now);
  }

  /** Says something in the agent's place, after what is queued; `sampleRate` is that of the samples. */
  inject(samples: Int16Array, sampleRate: number, now: number): void {
    const fitting = new Resampler({ from: sampleRate, to: this.#rate }).process(samples);
    if (this.queue.push(fitting)) this.ledger.push(fitting.length, now);
    this.pump(now);
  }

  /** The agent has said what it sends; what it leaves out stays as configured. */
  setOutput(format: AudioFormat): void {
    const { encoding, sampleRate } = { ...this.#options.output, ...format };
    this.#clippedBefore = this.clipped;
    this.#decoder = new PcmDecoder(encoding);
    this.#resampler = new Resampler({ from: sampleRate, to: this.#rate });
  }

  /** The rest of a sample that was cut in two will not come, and would turn what follows to noise. */
  beginSample(): void {
    this.#decoder.discard();
  }

  /** Calls back once the caller has heard all the agent sent so far, or it was thrown away. */
  whenHeard(reached: (how: Reached) => void): void {
    this.ledger.mark(reached);
  }

  /** The caller hears us from now on; until then speech waits, so that no word of it is lost. */
  open(): void {
    this.#isOpen = true;
  }

  /** Nothing of the present answer may still be heard, nor what still comes of it. */
  cut(by: CutBy, now: number): void {
    // A person can only mean what is there to be heard; an agent knows what it has in hand.
    const isThere = this.queue.queuedSamples > 0 || this.gate.isStreaming(now);
    this.gate.cut(by, now, by === 'agent' ? this.#options.hasStragglers : isThere);
    this.flushedSamples += this.queue.flush();
    this.ledger.cut();
    this.beginSample();
    this.#resampler.reset();
    // The few samples of fade end the utterance: they leave at once, as the last there is of it.
    this.#isFading = this.#speaking;
    this.#cutAt = now;
    this.#readAt = this.#readyAt = undefined;
    if (this.#isFading) this.schedule.hurry(now);
    this.pump(now);
  }

  /** Writes every frame whose time has come. */
  pump(now: number): void {
    const { schedule } = this;
    for (;;) {
      const hasFrame = this.#hasFrame();
      if (hasFrame && !this.#speaking) {
        this.#speaking = true;
        this.#ready(now);
        schedule.beginUtterance(now);
      }
      const dueAt = hasFrame ? schedule.earliestAt : schedule.dueAt;
      if (!schedule.isTime(now, hasFrame)) return;
      this.#write(now, hasFrame ? now - dueAt : undefined);
    }
  }

  /** When `pump` has something to do again. */
  get nextAt(): number {
    return this.#hasFrame() ? this.schedule.earliestAt : this.schedule.dueAt;
  }

  #ready(now: number): void {
    if (this.#readAt === undefined) return;
    this.playoutWait.record(now - this.#readAt);
    this.#readAt = undefined;
    this.#readyAt = now;
  }

  #write(now: number, lateMs: number | undefined): void {
    const { queue, schedule, ledger } = this;
    const answer = ledger.current;
    const before = queue.playedSamples;
    if (!this.#isOpen) this.#frame.fill(0);
    else if (queue.pull(this.#frame) !== 'audio') this.#endUtterance(now);
    const played = queue.playedSamples - before;
    if (played === 0 && this.#isOpen) this.#fill(now);
    if (played > 0 && lateMs !== undefined) this.playoutLate.record(lateMs);
    if (this.muted) this.#frame.fill(0);
    const metered = everyNth(this.#frame, this.#rate / PLAYOUT_RATE, this.#metered);
    this.scope.push(metered);
    const readyAt = played > 0 ? this.#readyAt : undefined;
    if (played > 0) this.#readyAt = undefined;
    const index = schedule.written;
    this.#options.write(this.#frame, {
      index,
      now,
      dueAt: schedule.dueAt,
      readyAt,
      answer: played > 0 ? answer : undefined,
      metered,
    });
    schedule.wrote();
    // Only now: a mark is answered after the frame that reaches it has gone out.
    ledger.played(played, now, !this.muted);
  }

  /** What is filled in is made for PLAYOUT_RATE: each sample is held for as long as it lasts. */
  #fill(now: number): void {
    const factor = this.#rate / PLAYOUT_RATE;
    this.#metered.fill(0);
    this.#options.fill?.(this.#metered, now);
    // With nothing to fill in, the fade of what was cut stays.
    if (!this.#metered.some((sample) => sample !== 0)) return;
    for (let i = 0; i < this.#frame.length; i += 1) {
      this.#frame[i] = this.#metered[Math.floor(i / factor)] ?? 0;
    }
  }

  #hasFrame(): boolean {
    return this.#isOpen && (this.#isFading || this.queue.isReady);
  }

  #endUtterance(now: number): void {
    if (this.#isFading) this.flushTime.record(now - this.#cutAt);
    this.#speaking = false;
    this.#isFading = false;
    this.schedule.endUtterance();
  }
}
