/**
 * The remarks about the agent's voice itself, made of what its bytes, their pace and both voices
 * show. Bytes go in as they come, frames as they are played.
 */
import type { PcmEncoding } from '../../audio/pcm-detector.ts';
import { EchoDetector } from './echo.ts';
import type { Remark } from './flow.ts';
import { FormatCheck } from './format.ts';
import { PaceMeter } from './pace.ts';

export interface VoiceFormat {
  readonly encoding: PcmEncoding | 'auto';
  readonly sampleRate: number;
}

const DOUBTS = {
  'is-float':
    'The agent sends float32 where s16le is set, which is heard as noise: set its output to f32le, or to auto.',
  'is-integer':
    'The agent sends 16-bit integers where f32le is set, which is heard as noise: set its output to s16le, or to auto.',
  'byte-order':
    'The agent’s samples have their bytes the wrong way round (big-endian), or it has lost a byte: only noise is heard. It must send little-endian, sample by sample.',
};

export class VoiceDiagnosis {
  readonly echo = new EchoDetector();
  #format: VoiceFormat;
  #check: FormatCheck;
  #pace: PaceMeter;

  constructor(format: VoiceFormat) {
    this.#format = format;
    this.#check = new FormatCheck(format.encoding);
    this.#pace = new PaceMeter(format.sampleRate);
  }

  /** The agent has announced another format. */
  setFormat(format: VoiceFormat): void {
    this.#format = format;
    this.#check = new FormatCheck(format.encoding);
    this.#pace = new PaceMeter(format.sampleRate);
  }

  /** @param ms what the chunk would last */
  hearBytes(bytes: Uint8Array, ms: number, now: number): void {
    this.#check.push(bytes);
    this.#pace.push(ms, now);
  }

  /** The next byte begins a sample: an answer was cut, or the connection is a new one. */
  beginSample(): void {
    this.#check.discard();
  }

  look(): readonly Remark[] {
    const remarks: Remark[] = [];
    const { doubt } = this.#check;
    if (doubt !== undefined) remarks.push({ code: 'AGENT_FORMAT', sentence: DOUBTS[doubt] });
    const { likelyRate } = this.#pace;
    if (likelyRate !== undefined) {
      remarks.push({
        code: 'AGENT_RATE',
        sentence:
          `The agent’s audio keeps coming at ${(likelyRate / this.#format.sampleRate).toFixed(2)} times` +
          ` the pace it is played at: it probably is ${likelyRate} Hz, and ${this.#format.sampleRate} Hz` +
          ' is set. Set its output to the rate of its text-to-speech.',
      });
    }
    const delayMs = this.echo.look();
    if (delayMs !== undefined) {
      remarks.push({
        code: 'AGENT_ECHO',
        sentence:
          `The caller’s own voice comes back in the agent’s audio, ${delayMs} ms later. If the agent is` +
          ' no echo by intention: does it mix its input into its output, or is the phone on a loudspeaker?',
      });
    }
    return remarks;
  }
}
