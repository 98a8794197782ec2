/**
 * What the engine itself can say to a party: a recording, and DTMF digits, as named events
 * (RFC 4733 section 2.5, https://www.rfc-editor.org/rfc/rfc4733#section-2.5) where the party knows
 * them and as tones (ITU-T Q.23) where it does not.
 */
import { messageOf } from '../../common/errors.ts';
import { readWav, type Wav } from '../../audio/wav.ts';
import { Resampler } from '../../audio/resampler.ts';
import { encodeSpeech, eventsOf, speechOf, type Format } from './codec.ts';
import { RequestError } from './request.ts';
import type { Source, Spoken } from './outlet.ts';

const FRAME_MS = 20;
const RATE = 8000;
const DIGITS = '0123456789*#ABCD';
/** Rows and columns of the keypad in Hz. */
const LOW = [941, 697, 697, 697, 770, 770, 770, 852, 852, 852, 941, 941, 697, 770, 852, 941];
const HIGH = [
  1336, 1209, 1336, 1477, 1209, 1336, 1477, 1209, 1336, 1477, 1209, 1477, 1633, 1633, 1633, 1633,
];
/** The last packet of an event is sent three times: one of them arrives (RFC 4733 section 2.5.1.4). */
const END_PACKETS = 3;

/** Mono at 8 kHz. */
export function samplesOf(wav: Wav): Int16Array {
  const [first = new Int16Array(0), ...rest] = wav.channels;
  const mono = Int16Array.from(first, (sample, i) => {
    const sum = rest.reduce((all, channel) => all + (channel[i] ?? 0), sample);
    return Math.round(sum / wav.channels.length);
  });
  if (wav.sampleRate === RATE) return mono;
  const resampler = new Resampler({ from: wav.sampleRate, to: RATE });
  const tail = new Int16Array(Math.ceil((resampler.delaySamples * wav.sampleRate) / RATE));
  const all = resampler.process(Int16Array.from([...mono, ...tail]));
  const length = Math.round((mono.length * RATE) / wav.sampleRate);
  return all.slice(resampler.delaySamples, resampler.delaySamples + length);
}

export function durationMs(samples: Int16Array): number {
  return Math.round((samples.length * 1000) / RATE);
}

/** @throws RequestError for what is no WAV. */
export function readSamples(bytes: Uint8Array): Int16Array {
  try {
    return samplesOf(readWav(bytes));
  } catch (thrown) {
    throw new RequestError(`Failed to start media playback: ${messageOf(thrown)}`);
  }
}

/** A recording, a frame of 20 ms at a time. */
export class Playback implements Source {
  readonly #samples: Int16Array;
  readonly #speech: ReturnType<typeof needSpeech>;
  /** In samples. */
  #at = 0;
  #sent = 0;
  #left: number;

  constructor(samples: Int16Array, formats: readonly Format[], times = 1) {
    this.#samples = samples;
    this.#speech = needSpeech(formats);
    this.#left = times;
  }

  next(): Spoken | undefined {
    if (this.#at >= this.#samples.length) {
      if (--this.#left <= 0 || this.#samples.length === 0) return undefined;
      this.#at = 0;
    }
    const size = (RATE * FRAME_MS) / 1000;
    const frame = new Int16Array(size);
    frame.set(this.#samples.subarray(this.#at, this.#at + size));
    this.#at += size;
    const offset = this.#sent;
    this.#sent += size;
    return {
      payloadType: this.#speech.format.payloadType,
      marker: offset === 0,
      payload: encodeSpeech(this.#speech, frame),
      offset,
      ms: FRAME_MS,
    };
  }
}

export interface Digit {
  readonly code: number;
  readonly ms: number;
  readonly pauseMs: number;
  /** dBm0, not above 0. */
  readonly volume: number;
}

/** 0–15 as a number or as the digit it stands for; undefined for anything else. */
export function codeOf(text: string | undefined, number: number | undefined): number | undefined {
  if (text?.length === 1 && DIGITS.includes(text.toUpperCase())) {
    return DIGITS.indexOf(text.toUpperCase());
  }
  return number !== undefined && number >= 0 && number < DIGITS.length ? number : undefined;
}

export function digitSource(digit: Digit, formats: readonly Format[]): Source {
  const events = eventsOf(formats, speechRate(formats));
  if (events !== undefined) return new EventSource(digit, events);
  return new Playback(tone(digit), formats);
}

class EventSource implements Source {
  readonly #digit: Digit;
  readonly #format: Format;
  #sentMs = 0;
  #ends = 0;
  #isOver = false;

  constructor(digit: Digit, format: Format) {
    this.#digit = digit;
    this.#format = format;
  }

  next(): Spoken | undefined {
    const { ms, pauseMs } = this.#digit;
    if (this.#ends === END_PACKETS) this.#isOver = true;
    if (this.#isOver) return undefined;
    if (this.#sentMs < ms) {
      const isFirst = this.#sentMs === 0;
      this.#sentMs = Math.min(ms, this.#sentMs + FRAME_MS);
      if (this.#sentMs < ms) return this.#packet(isFirst, false, FRAME_MS);
    }
    this.#ends++;
    // The three go out together; what comes next waits until the digit and its pause are over.
    return this.#packet(false, true, this.#ends === END_PACKETS ? FRAME_MS + pauseMs : 0);
  }

  #packet(marker: boolean, isEnd: boolean, ms: number): Spoken {
    const { code, volume } = this.#digit;
    const { payloadType, clockRate } = this.#format;
    const duration = Math.round((this.#sentMs * clockRate) / 1000);
    const payload = Buffer.from([
      code,
      (isEnd ? 0x80 : 0) | -volume,
      duration >> 8,
      duration & 0xff,
    ]);
    return { payloadType, marker, payload, offset: 0, ms };
  }
}

function tone({ code, ms, pauseMs, volume }: Digit): Int16Array {
  // 0 dBm0 is 3.14 dB below the level of a full-scale sine; it is shared by the two tones.
  const amplitude = (32_767 * 10 ** ((volume - 3.14) / 20)) / 2;
  const samples = new Int16Array(Math.round(((ms + pauseMs) * RATE) / 1000));
  const length = Math.round((ms * RATE) / 1000);
  const wave = (hertz: number, i: number): number => Math.sin((2 * Math.PI * hertz * i) / RATE);
  for (let i = 0; i < length; i++) {
    samples[i] = amplitude * (wave(LOW[code] ?? 0, i) + wave(HIGH[code] ?? 0, i));
  }
  return samples;
}

function speechRate(formats: readonly Format[]): number {
  return formats.find(({ name }) => name !== 'telephone-event' && name !== 'cn')?.clockRate ?? RATE;
}

function needSpeech(formats: readonly Format[]) {
  const speech = speechOf(formats);
  if (speech === undefined) {
    throw new RequestError('The engine can play to a party with PCMU or PCMA only');
  }
  return speech;
}
