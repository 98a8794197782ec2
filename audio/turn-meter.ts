/**
 * How long the caller waits for the agent, turn by turn, measured where the caller would notice:
 * from the last sound of the caller's speech to the first sound of the agent that leaves for the
 * phone. An agent's own figures end where its server ends; what lies between is in these as well.
 *
 * The caller's speech is told by energy (Vad). A pause inside it belongs to it: what counts is the
 * last sound before the agent begins. The agent begins with its first audible frame after a pause
 * or a cut; one that goes on while the caller says "mhm" has not begun anew. An agent that begins
 * while the caller is speaking has not waited at all: the turn is marked as overlapped.
 */
import type { CutBy, Turn, TurnClaims } from '../common/figures.ts';
import { Vad } from './vad.ts';

export interface TurnMeterOptions {
  readonly sampleRate: number;
  /** The agent has begun to answer: `latencyMs` is set if there was something to answer to. */
  readonly onAnswer: (turn: Turn) => void;
}

const HANGOVER_MS = 200;
/** The agent's silence after which a sound is a new beginning. */
const AGENT_PAUSE_MS = 400;
/** One within an answer, between its sentences, is shorter than this. */
const ANSWER_PAUSE_MS = 2_000;
/** A caller who was heard so lately is still speaking. */
const STILL_SPEAKING_MS = 60;
/** Peak of a frame in which something can be heard: −44 dBFS. */
const AUDIBLE = 200;
const KEPT_TURNS = 100;

export class TurnMeter {
  /** The newest ones, oldest first. */
  readonly turns: Turn[] = [];
  readonly #options: TurnMeterOptions;
  readonly #vad: Vad;
  readonly #block: Int16Array;
  #filled = 0;
  #startedAt: number | undefined;
  #nextId = 1;
  #callerHeardAt = -Infinity;
  #agentHeardAt = -Infinity;
  /** The turn whose answer is being spoken. */
  #spoken: Turn | undefined;

  constructor(options: TurnMeterOptions) {
    this.#options = options;
    this.#vad = new Vad({ sampleRate: options.sampleRate, hangoverMs: HANGOVER_MS });
    this.#block = new Int16Array(this.#vad.blockSamples);
  }

  /** The call is answered: its time begins. */
  start(now: number): void {
    this.#startedAt ??= now;
  }

  /** The caller's audio, without gaps; its last sample has come at `now`. */
  hear(samples: Int16Array, now: number): void {
    const perMs = this.#options.sampleRate / 1_000;
    for (let at = 0; at < samples.length;) {
      const count = Math.min(this.#block.length - this.#filled, samples.length - at);
      this.#block.set(samples.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled < this.#block.length) return;
      this.#filled = 0;
      this.#hearBlock(now - (samples.length - at) / perMs);
    }
  }

  /** One frame that leaves for the phone now; `answer` is the one it belongs to. */
  speak(frame: Int16Array, now: number, answer: number | undefined): void {
    if (!frame.some((sample) => sample > AUDIBLE || sample < -AUDIBLE)) return;
    const pauseMs = now - this.#agentHeardAt;
    this.#agentHeardAt = now;
    if (pauseMs >= AGENT_PAUSE_MS && !this.#goesOn(pauseMs, answer)) this.#begin(now, answer);
    if (this.#spoken !== undefined) this.#spoken.agentEndedMs = this.#time(now);
  }

  /** The answer is cut: the next sound of the agent begins another one. */
  cut(by: CutBy): void {
    if (this.#spoken !== undefined) this.#spoken.cutBy ??= by;
    this.#spoken = undefined;
    this.#agentHeardAt = -Infinity;
  }

  /** The agent's own figures, for the turn it has answered last. */
  claim(claims: TurnClaims): void {
    const turn = this.turns.findLast(({ agentStartedMs }) => agentStartedMs !== undefined);
    // They may come before the first sound of the answer.
    const waiting = this.#waiting();
    const claimed = waiting?.callerEndedMs === undefined ? turn : waiting;
    if (claimed !== undefined) claimed.claims = claims;
  }

  #hearBlock(now: number): void {
    const event = this.#vad.push(this.#block);
    if (event === 'speech_started') {
      const turn = this.#waiting() ?? this.#add();
      turn.callerStartedMs ??= this.#time(now) - this.#vad.attackMs;
      delete turn.callerEndedMs;
    }
    if (this.#vad.silentMs === 0) this.#callerHeardAt = now;
    if (event === 'speech_ended') {
      const turn = this.#waiting();
      if (turn !== undefined) turn.callerEndedMs = this.#time(this.#callerHeardAt);
    }
  }

  /** The agent takes a breath in the middle of an answer, and nobody has said anything meanwhile. */
  #goesOn(pauseMs: number, answer: number | undefined): boolean {
    if (pauseMs >= ANSWER_PAUSE_MS || this.#waiting() !== undefined) return false;
    return answer !== undefined && this.#spoken?.answer === answer;
  }

  #begin(now: number, answer: number | undefined): void {
    const waiting = this.#waiting();
    if (this.#vad.speaking && now - this.#callerHeardAt < STILL_SPEAKING_MS) {
      if (waiting !== undefined) waiting.overlapped = true;
      return;
    }
    const turn = waiting ?? this.#add();
    turn.agentStartedMs = this.#time(now);
    if (answer !== undefined) turn.answer = answer;
    if (turn.callerStartedMs !== undefined) {
      // An agent quicker than the hangover is not kept waiting for it.
      turn.callerEndedMs ??= this.#time(this.#callerHeardAt);
      turn.latencyMs = Math.max(0, turn.agentStartedMs - turn.callerEndedMs);
    }
    this.#spoken = turn;
    this.#options.onAnswer(turn);
  }

  /** The turn in which the caller has spoken and the agent has not. */
  #waiting(): Turn | undefined {
    const last = this.turns.at(-1);
    return last?.agentStartedMs === undefined ? last : undefined;
  }

  #add(): Turn {
    const turn: Turn = { id: this.#nextId };
    this.#nextId += 1;
    this.turns.push(turn);
    if (this.turns.length > KEPT_TURNS) this.turns.shift();
    return turn;
  }

  #time(now: number): number {
    return Math.max(0, now - (this.#startedAt ?? now));
  }
}
