/**
 * A streaming sample-rate converter for any rational ratio: a polyphase FIR whose prototype is a
 * Kaiser-windowed sinc, 14 periods of the LOWER rate on each side. That length puts the delay at
 * 1.75 ms when 8 kHz is involved, the transition band at ±15 % of the lower rate's Nyquist
 * frequency (3.4–4.6 kHz: just what G.711 leaves free) and everything beyond it 65 dB down.
 * The cut-off sits exactly on that Nyquist frequency, so doubling a rate keeps every original
 * sample bit for bit and only computes those in between.
 */
const PERIODS = 14;
/** Kaiser's β for the 68 dB that PERIODS can reach with that transition band. */
const BETA = 6.56;

export interface ResamplerOptions {
  readonly from: number;
  readonly to: number;
}

/** What the samples around one output count, and where they are, the oldest first. */
interface Phase {
  readonly taps: Float64Array;
  readonly places: Uint16Array;
}

export class Resampler {
  /** Group delay in output samples. */
  readonly delaySamples: number;
  readonly #up: number;
  readonly #down: number;
  readonly #phases: readonly Phase[];
  readonly #taps: number;
  /** The last `taps − 1` samples of the past, then the input of the current call. */
  #line: Float64Array;
  #out = new Int16Array(0);
  /** Prototype position of the next output, counted from the first sample of the next input. */
  #position = 0;
  #clipped = 0;

  constructor({ from, to }: ResamplerOptions) {
    if (!(Number.isInteger(from) && Number.isInteger(to) && from > 0 && to > 0)) {
      throw new RangeError(`Cannot resample from ${from} Hz to ${to} Hz.`);
    }
    const divisor = greatestCommonDivisor(from, to);
    this.#up = to / divisor;
    this.#down = from / divisor;
    const half = from === to ? 0 : PERIODS * Math.max(this.#up, this.#down);
    this.delaySamples = half / this.#down;
    const rows = from === to ? [] : designPhases(this.#up, this.#down, half);
    this.#phases = rows.map(withoutZeros);
    this.#taps = rows[0]?.length ?? 1;
    this.#line = new Float64Array(this.#taps - 1);
  }

  /** Output samples that did not fit: a full-scale wave overshoots between its samples. */
  get clipped(): number {
    return this.#clipped;
  }

  /** Returns a view into an internal buffer, valid until the next call. */
  process(input: Int16Array): Int16Array {
    if (this.#phases.length === 0) return this.#copy(input);
    const past = this.#taps - 1;
    const line = this.#load(input, past);
    const up = this.#up;
    const end = input.length * up;
    const count = Math.max(0, Math.ceil((end - this.#position) / this.#down));
    const out = this.#room(count);
    let position = this.#position;
    for (let n = 0; n < count; n++, position += this.#down) {
      const phase = this.#phases[position % up];
      const first = Math.floor(position / up);
      let sum = 0;
      if (phase !== undefined) {
        const { taps, places } = phase;
        for (let k = 0; k < taps.length; k++) {
          sum += (taps[k] ?? 0) * (line[first + (places[k] ?? 0)] ?? 0);
        }
      }
      const sample = Math.round(sum);
      out[n] = Math.max(-32_768, Math.min(32_767, sample));
      if (out[n] !== sample) this.#clipped++;
    }
    this.#position = position - end;
    line.copyWithin(0, input.length, input.length + past);
    return out.subarray(0, count);
  }

  reset(): void {
    this.#line.fill(0);
    this.#position = 0;
  }

  #load(input: Int16Array, past: number): Float64Array {
    if (this.#line.length < past + input.length) {
      const longer = new Float64Array(past + input.length);
      longer.set(this.#line.subarray(0, past));
      this.#line = longer;
    }
    this.#line.set(input, past);
    return this.#line;
  }

  #room(count: number): Int16Array {
    if (this.#out.length < count) this.#out = new Int16Array(count);
    return this.#out;
  }

  #copy(input: Int16Array): Int16Array {
    const out = this.#room(input.length).subarray(0, input.length);
    out.set(input);
    return out;
  }
}

/** The prototype filter split into `up` rows; each row has a DC gain of exactly one. */
function designPhases(up: number, down: number, half: number): Float64Array[] {
  const period = Math.max(up, down);
  const taps = Math.ceil((2 * half + 1) / up);
  return Array.from({ length: up }, (_, phase) => {
    const row = new Float64Array(taps);
    for (let j = 0; j < taps; j++) {
      const index = phase + j * up;
      if (index <= 2 * half) row[taps - 1 - j] = windowedSinc((index - half) / period);
    }
    const gain = row.reduce((sum, tap) => sum + tap, 0);
    return row.map((tap) => tap / gain);
  });
}

/** Where a rate is doubled or halved, half of all taps are zero. */
function withoutZeros(row: Float64Array): Phase {
  const places = Uint16Array.from([...row.keys()].filter((k) => row[k] !== 0));
  return { taps: Float64Array.from(places, (k) => row[k] ?? 0), places };
}

/** `x` in periods of the lower rate. Exact zeros at whole periods keep original samples exact. */
function windowedSinc(x: number): number {
  if (x === 0) return 1;
  if (Number.isInteger(x) || Math.abs(x) > PERIODS) return 0;
  const window = besselI0(BETA * Math.sqrt(1 - (x / PERIODS) ** 2)) / besselI0(BETA);
  return (Math.sin(Math.PI * x) / (Math.PI * x)) * window;
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
export function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-16; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
