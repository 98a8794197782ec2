/**
 * One call of the demo agent: it listens, and answers each utterance of the caller with that same
 * utterance, telling what it does in the events of the `talky` dialect. It behaves as such an
 * endpoint does down to its hard edges: frames of a wrong length are dropped without a word, and a
 * text frame ends the session.
 */
import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';
import { LevelMeter } from '../../audio/levels.ts';
import { PcmDecoder } from '../../audio/pcm.ts';
import type { Log } from '../../common/log.ts';
import { talky } from '../dialects/talky.ts';
import { Answer, type AnswerRecord } from './answer.ts';
import { UtteranceCutter } from './utterance.ts';

const { sampleRate: SAMPLE_RATE, minFrameBytes, maxFrameBytes } = talky.input;
/** Silence after which the caller's turn is over. */
const HANGOVER_MS = 240;
/** Answers whose records are kept. */
const KEPT_ANSWERS = 100;
/** Ten minutes of frames: a recording is for tests. */
const KEPT_FRAMES = 30_000;

export interface SessionOptions {
  readonly id: string;
  readonly query: URLSearchParams;
  /** From the end of the caller's speech to the first byte of the answer. */
  readonly delayMs: number;
  readonly burst: boolean;
  readonly heartbeatMs: number;
  readonly record: boolean;
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

  readonly #socket: WebSocket;
  readonly #options: SessionOptions;
  readonly #decoder = new PcmDecoder('s16le');
  readonly #cutter: UtteranceCutter;
  readonly #startedAt = performance.now();
  readonly #answers: Answer[] = [];
  readonly #received: ReceivedFrame[] = [];
  #pending: NodeJS.Timeout | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(socket: WebSocket, options: SessionOptions) {
    this.id = options.id;
    this.query = options.query;
    this.#socket = socket;
    this.#options = options;
    this.#cutter = new UtteranceCutter(SAMPLE_RATE, HANGOVER_MS, {
      onStart: () => this.#interrupt(),
      onProgress: (ms) => this.#transcribe(`${seconds(ms)} s of speech`, false),
      onEnd: (samples, ms) => this.#takeTurn(samples, ms),
    });
    this.#heartbeat = setInterval(() => this.#send({ type: 'heartbeat' }), options.heartbeatMs);
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#listen(data);
      else this.end(1000, 'text_frame');
    });
    socket.on('error', (error) => {
      options.log('debug', `Demo agent: ${error.message}`, { callId: this.id });
    });
    socket.on('close', (code, reason) => this.#release(code, reason.toString()));
    options.log('info', 'Demo agent: session started', { callId: this.id });
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
    this.#send({
      type: 'call_ended',
      duration_seconds: Number(seconds(performance.now() - this.#startedAt)),
      outcome,
    });
    this.#socket.close(code, outcome);
  }

  #listen(bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#heartbeat.refresh();
    if (bytes.length < minFrameBytes || bytes.length > maxFrameBytes || bytes.length % 2 !== 0) {
      this.droppedFrames++;
      return;
    }
    this.frames++;
    const samples = this.#decoder.push(bytes);
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
    this.#send({
      type: 'barge_in',
      message: 'The caller spoke over the answer.',
      timestamp: new Date().toISOString(),
    });
  }

  #takeTurn(samples: Int16Array, speechMs: number): void {
    const turn = { endedAt: performance.now() - this.#cutter.hangoverMs, respondedAt: 0 };
    const meter = new LevelMeter();
    meter.push(samples);
    const peak = Math.round(meter.read().peakDbfs);
    this.#transcribe(`${seconds(speechMs)} s of speech, peak ${peak} dBFS`, true);
    const wait = Math.max(0, this.#options.delayMs - this.#cutter.hangoverMs);
    this.#pending = setTimeout(() => {
      turn.respondedAt = performance.now();
      this.#send({
        type: 'llm_response',
        text: `You said ${seconds(speechMs)} s; here they are again.`,
        latency_ms: Math.round(turn.respondedAt - turn.endedAt),
      });
      this.#answer(samples, turn);
    }, wait);
  }

  #answer(
    samples: Int16Array,
    turn: { readonly endedAt: number; readonly respondedAt: number },
  ): void {
    let firstByteAt: number | undefined;
    const answer = new Answer({
      samples,
      sampleRate: SAMPLE_RATE,
      burst: this.#options.burst,
      send: (bytes) => {
        firstByteAt ??= performance.now();
        this.#socket.send(bytes);
      },
      onSent: () => {
        const audioAt = firstByteAt ?? turn.respondedAt;
        this.#send({
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

  #transcribe(text: string, isFinal: boolean): void {
    this.#send({ type: 'transcript', text, is_final: isFinal, confidence: 1 });
  }

  #send(message: { readonly type: string; readonly [field: string]: unknown }): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
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

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
