/**
 * What the page shows of one direction of audio: level, waveform and speech. Fed in the worker with
 * every sample, read at the pace of the reports, so that the page gets a few bytes per 20 ms instead of
 * the audio itself. The samples are only kept until then, and looked at all at once: fifty times a
 * second a processor finds little of this in its caches, five times a second most.
 */
import { LevelMeter } from '../../audio/levels.ts';
import { SpectrumMeter } from '../../audio/spectrum.ts';
import { Vad } from '../../audio/vad.ts';
import { CLIPPED, COLUMN_FIELDS, SPEECH } from '../timeline/envelope.ts';
import type { ScopeReading } from './report.ts';

/** One column per 20 ms at 8 kHz. */
const RATE = 8_000;
const COLUMN_SAMPLES = 160;
/** Two seconds: a worker that was held up that long shows a gap, not a growing array. */
const MAX_COLUMNS = 100;
/** As long as it takes to tell a pause from the end of a word. */
const HANGOVER_MS = 200;
const LOUDEST = 32_767;

export class Scope {
  readonly #meter = new LevelMeter();
  readonly #vad = new Vad({ sampleRate: RATE, hangoverMs: HANGOVER_MS });
  readonly #block = new Int16Array(this.#vad.blockSamples);
  readonly #spectrum = new SpectrumMeter(MAX_COLUMNS);
  readonly #columns = new Int16Array(MAX_COLUMNS * COLUMN_FIELDS);
  readonly #unread = new Int16Array(MAX_COLUMNS * COLUMN_SAMPLES);
  #unreadCount = 0;
  #count = 0;
  #low = 0;
  #high = 0;
  #squares = 0;
  #filled = 0;

  push(samples: Int16Array): void {
    if (this.#unreadCount + samples.length > this.#unread.length) this.#digest();
    if (samples.length > this.#unread.length) {
      this.#look(samples);
      return;
    }
    this.#unread.set(samples, this.#unreadCount);
    this.#unreadCount += samples.length;
  }

  #digest(): void {
    this.#look(this.#unread.subarray(0, this.#unreadCount));
    this.#unreadCount = 0;
  }

  #look(samples: Int16Array): void {
    this.#meter.push(samples);
    this.#spectrum.push(samples);
    for (const sample of samples) {
      if (sample < this.#low) this.#low = sample;
      if (sample > this.#high) this.#high = sample;
      this.#squares += sample * sample;
      this.#block[this.#filled % this.#block.length] = sample;
      this.#filled += 1;
      if (this.#filled % this.#block.length === 0) this.#vad.push(this.#block);
      if (this.#filled === COLUMN_SAMPLES) this.#endColumn();
    }
  }

  read(): ScopeReading {
    this.#digest();
    const { peakDbfs, rmsDbfs, clipped } = this.#meter.read();
    const columns = this.#columns.slice(0, this.#count * COLUMN_FIELDS);
    this.#count = 0;
    return { peakDbfs, rmsDbfs, clipped, columns, spectra: this.#spectrum.read() };
  }

  #endColumn(): void {
    if (this.#count < MAX_COLUMNS) {
      const at = this.#count * COLUMN_FIELDS;
      const isClipped = this.#high >= LOUDEST || this.#low <= -LOUDEST;
      this.#columns[at] = this.#low;
      this.#columns[at + 1] = this.#high;
      this.#columns[at + 2] = Math.sqrt(this.#squares / COLUMN_SAMPLES);
      this.#columns[at + 3] = (this.#vad.speaking ? SPEECH : 0) | (isClipped ? CLIPPED : 0);
      this.#count += 1;
    }
    this.#low = 0;
    this.#high = 0;
    this.#squares = 0;
    this.#filled = 0;
  }
}
