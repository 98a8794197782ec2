/**
 * Cuts the caller's utterances out of a continuous stream: what the VAD calls speech, with a little
 * of what came before (a soft onset) and after (a soft end).
 */
import { PcmFramer } from '../../audio/framer.ts';
import { Vad } from '../../audio/vad.ts';

export interface UtteranceEvents {
  /** The caller began to speak. */
  readonly onStart: () => void;
  /** The caller still speaks; called about every PARTIAL_MS. */
  readonly onProgress: (speechMs: number) => void;
  /** The caller has finished; the samples are the listener's to keep. */
  readonly onEnd: (samples: Int16Array, speechMs: number) => void;
}

const PRE_ROLL_MS = 100;
const POST_ROLL_MS = 100;
const PARTIAL_MS = 400;
/** An utterance longer than this is cut, so that a stuck line cannot fill the memory. */
const LONGEST_MS = 30_000;

export class UtteranceCutter {
  readonly #vad: Vad;
  readonly #events: UtteranceEvents;
  readonly #framer: PcmFramer;
  readonly #perMs: number;
  /** Before speech the pre-roll, during speech the utterance from its pre-roll on. */
  #kept: Int16Array;
  #length = 0;
  #speechMs = 0;
  #nextPartialMs = PARTIAL_MS;

  constructor(sampleRate: number, hangoverMs: number, events: UtteranceEvents) {
    this.#perMs = sampleRate / 1000;
    this.#vad = new Vad({ sampleRate, hangoverMs });
    this.#events = events;
    this.#kept = new Int16Array(1000 * this.#perMs);
    this.#framer = new PcmFramer(this.#vad.blockSamples, (block) => this.#pushBlock(block));
  }

  get hangoverMs(): number {
    return this.#vad.hangoverMs;
  }

  push(samples: Int16Array): void {
    this.#framer.push(samples);
  }

  #pushBlock(block: Int16Array): void {
    this.#keep(block);
    const event = this.#vad.push(block);
    if (event === 'speech_started') {
      this.#speechMs = this.#vad.attackMs;
      this.#nextPartialMs = PARTIAL_MS;
      this.#events.onStart();
    } else if (this.#vad.speaking) {
      this.#speechMs += block.length / this.#perMs;
      // A pause may turn out to be the end: it is no progress until speech goes on.
      if (this.#vad.silentMs === 0 && this.#speechMs >= this.#nextPartialMs) {
        this.#nextPartialMs += PARTIAL_MS;
        this.#events.onProgress(this.#speechMs);
      }
    } else if (event === 'speech_ended') {
      const surplus = (this.#vad.hangoverMs - POST_ROLL_MS) * this.#perMs;
      const samples = this.#kept.slice(0, Math.max(0, this.#length - Math.max(0, surplus)));
      this.#length = 0;
      // The block that ended it was not added.
      const silentMs = this.#vad.hangoverMs - block.length / this.#perMs;
      this.#events.onEnd(samples, this.#speechMs - silentMs);
    }
  }

  #keep(block: Int16Array): void {
    if (!this.#vad.speaking) {
      const preRoll = (PRE_ROLL_MS + this.#vad.attackMs) * this.#perMs;
      const surplus = this.#length + block.length - preRoll;
      if (surplus > 0) {
        this.#kept.copyWithin(0, surplus, this.#length);
        this.#length -= surplus;
      }
    }
    const length = this.#length + block.length;
    if (length > LONGEST_MS * this.#perMs) return;
    if (length > this.#kept.length) {
      const larger = new Int16Array(2 * this.#kept.length);
      larger.set(this.#kept);
      this.#kept = larger;
    }
    this.#kept.set(block, this.#length);
    this.#length = length;
  }
}
