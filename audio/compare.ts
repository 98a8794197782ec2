/**
 * How well was a signal heard? Finds by how much `heard` lags `reference` (to a fraction of a
 * sample, so that a resampler's half-sample delay does not count as noise), takes the gain out and
 * says what noise is left. For the tests, the demo and the benches: a listener that can be
 * asserted on.
 */
import { complex, fft, inverseFft, nextPowerOfTwo, type Complex } from './fft.ts';
import { decodeG711, encodeG711, type Law } from './g711.ts';

export interface Comparison {
  /** Samples by which `heard` lags `reference`; negative when it leads. */
  readonly offset: number;
  /** Normalised, after alignment: 1 is the same shape, −1 the same upside down. */
  readonly correlation: number;
  /** Reference against what differs from it, after alignment and gain; Infinity when nothing does. */
  readonly snrDb: number;
  /** Level of `heard` over that of `reference`. */
  readonly gainDb: number;
}

/** Neighbours of the correlation's peak that an interpolated value is made of, on each side. */
const REACH = 64;

export function compare(
  reference: Int16Array,
  heard: Int16Array,
  options: { readonly maxOffset?: number } = {},
): Comparison {
  const length = nextPowerOfTwo(reference.length + heard.length + 2 * REACH);
  const referenceSpectrum = spectrumOf(reference, length);
  const correlation = crossCorrelation(referenceSpectrum, spectrumOf(heard, length));
  const coarse = findPeak(
    correlation,
    Math.min(options.maxOffset ?? Infinity, reference.length - 1),
    Math.min(options.maxOffset ?? Infinity, heard.length - 1),
  );
  const whole = judge(Float64Array.from(reference), heard, coarse, 0);
  const fraction = refine(correlation, coarse);
  if (Math.abs(fraction) < 1e-4) return whole;
  const fine = judge(
    delayed(referenceSpectrum, fraction),
    heard,
    coarse,
    fraction,
    reference.length,
  );
  return fine.snrDb > whole.snrDb ? fine : whole;
}

/**
 * What an agent would hear of `samples8k` over a perfect line: G.711 there and back, then ideal
 * band-limited doubling to 16 kHz.
 */
export function idealCallerToAgent(samples8k: Int16Array, law: Law): Int16Array {
  const coded = new Uint8Array(samples8k.length);
  const decoded = new Int16Array(samples8k.length);
  encodeG711(law, samples8k, coded);
  decodeG711(law, coded, decoded);
  const length = nextPowerOfTwo(samples8k.length + 2 * REACH);
  const narrow = spectrumOf(decoded, length);
  const wide = complex(2 * length);
  for (let i = 0; i < length / 2; i++) {
    const mirrored = i === 0 ? 0 : length - i;
    const target = i === 0 ? 0 : 2 * length - i;
    wide.re[i] = 2 * (narrow.re[i] ?? 0);
    wide.im[i] = 2 * (narrow.im[i] ?? 0);
    wide.re[target] = 2 * (narrow.re[mirrored] ?? 0);
    wide.im[target] = 2 * (narrow.im[mirrored] ?? 0);
  }
  inverseFft(wide);
  return Int16Array.from({ length: 2 * samples8k.length }, (_, i) =>
    Math.max(-32_768, Math.min(32_767, Math.round(wide.re[i] ?? 0))),
  );
}

function spectrumOf(samples: Int16Array, length: number): Complex {
  const signal = complex(length);
  signal.re.set(samples);
  fft(signal);
  return signal;
}

/** Real part at index d (negative ones from the end): how well `heard` fits, d samples later. */
function crossCorrelation(reference: Complex, heard: Complex): Float64Array {
  const product = complex(reference.re.length);
  for (let i = 0; i < product.re.length; i++) {
    const [a, b] = [reference.re[i] ?? 0, reference.im[i] ?? 0];
    const [c, d] = [heard.re[i] ?? 0, heard.im[i] ?? 0];
    product.re[i] = a * c + b * d;
    product.im[i] = a * d - b * c;
  }
  inverseFft(product);
  return product.re;
}

function at(correlation: Float64Array, offset: number): number {
  return correlation[offset < 0 ? offset + correlation.length : offset] ?? 0;
}

function findPeak(correlation: Float64Array, lead: number, lag: number): number {
  let best = 0;
  for (let offset = -lead; offset <= lag; offset++) {
    if (Math.abs(at(correlation, offset)) > Math.abs(at(correlation, best))) best = offset;
  }
  return best;
}

/** Where between the samples the peak lies, −0.5 to 0.5, by search over an interpolation. */
function refine(correlation: Float64Array, peak: number): number {
  const sign = Math.sign(at(correlation, peak));
  const value = (fraction: number) => {
    let sum = 0;
    for (let k = -REACH; k <= REACH; k++) {
      const x = fraction - k;
      const window = (1 + Math.cos((Math.PI * x) / (REACH + 1))) / 2;
      sum +=
        at(correlation, peak + k) * (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window;
    }
    return sum * sign;
  };
  let low = -0.6;
  let high = 0.6;
  while (high - low > 1e-6) {
    const third = (high - low) / 3;
    if (value(low + third) < value(high - third)) low += third;
    else high -= third;
  }
  return (low + high) / 2;
}

/** The signal of a spectrum, later by a fraction of a sample. */
function delayed({ re, im }: Complex, fraction: number): Float64Array {
  const length = re.length;
  const out = complex(length);
  for (let i = 0; i < length; i++) {
    const frequency = i <= length / 2 ? i : i - length;
    const angle = (-2 * Math.PI * frequency * fraction) / length;
    const [c, s] = i === length / 2 ? [Math.cos(angle), 0] : [Math.cos(angle), Math.sin(angle)];
    out.re[i] = (re[i] ?? 0) * c - (im[i] ?? 0) * s;
    out.im[i] = (re[i] ?? 0) * s + (im[i] ?? 0) * c;
  }
  inverseFft(out);
  return out.re;
}

function judge(
  reference: Float64Array,
  heard: Int16Array,
  offset: number,
  fraction: number,
  length = reference.length,
): Comparison {
  const from = Math.max(0, offset);
  const to = Math.min(heard.length, length + offset);
  let product = 0;
  let referenceEnergy = 0;
  let heardEnergy = 0;
  for (let i = from; i < to; i++) {
    const r = reference[i - offset] ?? 0;
    const h = heard[i] ?? 0;
    product += r * h;
    referenceEnergy += r * r;
    heardEnergy += h * h;
  }
  const lag = offset + fraction;
  if (referenceEnergy === 0 || heardEnergy === 0) {
    return { offset: lag, correlation: 0, snrDb: -Infinity, gainDb: -Infinity };
  }
  const gain = product / referenceEnergy;
  let noise = 0;
  for (let i = from; i < to; i++)
    noise += ((heard[i] ?? 0) - gain * (reference[i - offset] ?? 0)) ** 2;
  return {
    offset: lag,
    correlation: product / Math.sqrt(referenceEnergy * heardEnergy),
    snrDb: 10 * Math.log10((gain * gain * referenceEnergy) / noise),
    gainDb: 20 * Math.log10(Math.abs(gain)),
  };
}
