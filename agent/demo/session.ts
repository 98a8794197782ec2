/**
 * One call of the demo agent: it greets, listens, and answers each utterance of the caller with that same
 * utterance, telling what it does in the events of its dialect. It behaves as such an endpoint does
 * down to its hard edges: in `talky` frames of a wrong length are dropped without a word, and a text
 * frame ends the session.
 */
import { performance } from 'node:perf_hooks';
import { Resampler } from '../../audio/resampler.ts';
import type { Log } from '../../common/log.ts';
import type { Line } from '../endpoint/line.ts';
import type { Tts } from '../endpoint/types.ts';
import { Answer, type AnswerRecord } from './answer.ts';
import type { Greeting } from './greeting.ts';
import { UtteranceCutter } from './utterance.ts';

/** Silence after which the caller's turn is over. */
const HANGOVER_MS = 240;
/** Answers whose records are kept. */
const KEPT_ANSWERS = 100;
/** Ten minutes of frames: a recording is for tests. */
const KEPT_FRAMES = 30_000;

export interface SessionOptions {
  readonly query: URLSearchParams;
  /** From the end of the caller's speech to the first byte of the answer. */
  readonly delayMs: number;
  readonly burst: boolean;
  readonly heartbeatMs: number;
  readonly record: boolean;
  /** Said at once. */
  readonly greeting?: Greeting | undefined;
  readonly log: Log;
}

export interface ReceivedFrame {
  /** By `performance.now()`. */
  readonly at: number;
  readonly samples: Int16Array;
}

export class DemoSession {
  readonly id: string;
  readonly query: URLSearchParams;
  /** Valid frames, and what was dropped for its length. */
  frames = 0;
  droppedFrames = 0;
  bargeIns = 0;
  /** How the socket closed, once it has. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  readonly #line: Line;
  readonly #options: SessionOptions;
  readonly #cutter: UtteranceCutter;
  readonly #startedAt = performance.now();
  readonly #answers: Answer[] = [];
  readonly #received: ReceivedFrame[] = [];
  #turns = 0;
  #pending: NodeJS.Timeout | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(line: Line, options: SessionOptions) {
    this.id = line.id;
    this.query = options.query;
    this.#line = line;
    this.#options = options;
    this.#cutter = new UtteranceCutter(line.endpoint.sampleRate, HANGOVER_MS, {
      onStart: () => this.#interrupt(),
      onProgress: (ms) => this.#transcribe(`Utterance ${this.#turns + 1}, ${tenths(ms)} s`, false),
      onEnd: (samples, ms) => this.#takeTurn(samples, ms),
    });
    this.#heartbeat = setInterval(() => line.tell({ type: 'heartbeat' }), options.heartbeatMs);
    line.listen({
      onAudio: (samples) => this.#listen(samples),
      onWord: (heard) => {
        if (heard.type === 'fault' && heard.fatal) this.end(1000, 'text_frame');
        else if (heard.type === 'fault') this.droppedFrames++;
        else if (heard.type === 'end') this.end(1000, 'caller_hung_up');
      },
      onClosed: (code, reason) => this.#release(code, reason),
    });
    options.log('info', 'Demo agent: session started', { callId: this.id });
    if (options.greeting) this.#greet(options.greeting);
  }

  get answers(): readonly AnswerRecord[] {
    return this.#answers.map((answer) => answer.record);
  }

  /** Every valid frame with its time of arrival; empty unless `record` is on. */
  get received(): readonly ReceivedFrame[] {
    return this.#received;
  }

  /** Says goodbye and closes. */
  end(code: number, outcome: string): void {
    this.#silence();
    this.#line.tell({
      type: 'call_ended',
      duration_seconds: Number(seconds(performance.now() - this.#startedAt)),
      outcome,
    });
    this.#line.close(code, outcome);
  }

  #listen(samples: Int16Array): void {
    this.#heartbeat.refresh();
    this.frames++;
    if (this.#options.record && this.#received.length < KEPT_FRAMES) {
      this.#received.push({ at: performance.now(), samples: samples.slice() });
    }
    this.#cutter.push(samples);
  }

  /** The caller speaks: an answer that has not begun is dropped, one that is playing is cut. */
  #interrupt(): void {
    clearTimeout(this.#pending);
    const answer = this.#answers.at(-1);
    if (answer?.playing !== true) return;
    answer.stop();
    this.bargeIns++;
    this.#line.tell({
      type: 'barge_in',
      message: 'The caller spoke over the answer.',
      timestamp: new Date().toISOString(),
    });
  }

  #takeTurn(samples: Int16Array, speechMs: number): void {
    const turn = { endedAt: performance.now() - this.#cutter.hangoverMs, respondedAt: 0 };
    this.#turns += 1;
    const what = `Utterance ${this.#turns}, ${tenths(speechMs)} s`;
    this.#transcribe(what, true);
    const wait = Math.max(0, this.#options.delayMs - this.#cutter.hangoverMs);
    this.#pending = setTimeout(() => {
      turn.respondedAt = performance.now();
      this.#line.tell({
        type: 'llm_response',
        text: `${what}, again.`,
        latency_ms: Math.round(turn.respondedAt - turn.endedAt),
      });
      this.#answer(samples, this.#line.endpoint.sampleRate, turn);
    }, wait);
  }

  #answer(
    samples: Int16Array,
    sampleRate: number,
    turn: { readonly endedAt: number; readonly respondedAt: number },
  ): void {
    let firstByteAt: number | undefined;
    const output: Tts = this.#line.endpoint.output;
    const resampler = new Resampler({ from: sampleRate, to: output.sampleRate });
    const answer = new Answer({
      samples: resampler.process(samples).slice(),
      ...output,
      burst: this.#options.burst,
      send: (bytes) => {
        firstByteAt ??= performance.now();
        this.#line.say(bytes);
      },
      onSent: () => {
        this.#line.finish();
        const audioAt = firstByteAt ?? turn.respondedAt;
        this.#line.tell({
          type: 'turn_complete',
          llm_latency_ms: Math.round(turn.respondedAt - turn.endedAt),
          tts_latency_ms: Math.round(audioAt - turn.respondedAt),
          total_latency_ms: Math.round(audioAt - turn.endedAt),
        });
      },
    });
    this.#answers.push(answer);
    if (this.#answers.length > KEPT_ANSWERS) this.#answers.shift();
  }

  #greet({ text, sampleRate, samples }: Greeting): void {
    const now = performance.now();
    this.#line.tell({ type: 'llm_response', text });
    this.#answer(samples, sampleRate, { endedAt: now, respondedAt: now });
  }

  #transcribe(text: string, isFinal: boolean): void {
    this.#line.tell({ type: 'transcript', text, is_final: isFinal, confidence: 1 });
  }

  #silence(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#pending);
    const answer = this.#answers.at(-1);
    if (answer?.record.sentAt === undefined) answer?.stop();
  }

  #release(code: number, reason: string): void {
    this.#silence();
    this.closed = { code, reason };
    const { frames, droppedFrames } = this;
    this.#options.log('info', 'Demo agent: session ended', {
      callId: this.id,
      frames,
      droppedFrames,
      closeCode: code,
    });
  }
}

function tenths(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
