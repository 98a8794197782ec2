/** Test signals and their measurement, shared by the audio tests. */
import { complex, fft } from '../../../audio/fft.ts';

export function sine(frequency: number, rate: number, length: number, peak = 16_000): Int16Array {
  return Int16Array.from({ length }, (_, i) =>
    Math.round(peak * Math.sin((2 * Math.PI * frequency * i) / rate)),
  );
}

/** Deterministic uniform noise in −1…1. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/**
 * A voiced sound: harmonics of a gliding pitch under a syllable envelope with pauses. Close enough
 * to speech for what depends on periodicity, zero crossings and level.
 */
export function speechLike(rate: number, length: number, pitch = 120): Int16Array {
  const random = randomSource(7);
  let phase = 0;
  return Int16Array.from({ length }, (_, i) => {
    const time = i / rate;
    phase += (2 * Math.PI * (pitch + 20 * Math.sin(2 * Math.PI * 1.5 * time))) / rate;
    let value = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++)
      value += Math.sin(harmonic * phase) / harmonic;
    const envelope = Math.max(0, Math.sin(2 * Math.PI * 2 * time) + 0.3);
    return Math.round(5000 * envelope * value + 20 * random());
  });
}

export function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

/** The largest step from one sample to the next. */
export function steepest(samples: Int16Array): number {
  let step = 0;
  for (let i = 1; i < samples.length; i++) {
    step = Math.max(step, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
  }
  return step;
}

/** Magnitude spectrum in dB relative to `reference`, of as many points as a power of two allows. */
export function magnitudesDb(signal: Int16Array | Float64Array, reference = 1): Float64Array {
  const spectrum = complex(signal.length);
  spectrum.re.set(signal);
  fft(spectrum);
  return Float64Array.from(
    { length: signal.length / 2 },
    (_, i) =>
      20 * Math.log10(Math.hypot(spectrum.re[i] ?? 0, spectrum.im[i] ?? 0) / reference + 1e-12),
  );
}

export function concat(chunks: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

export function bytesOf(samples: Int16Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  samples.forEach((sample, i) => view.setInt16(i * 2, sample, true));
  return new Uint8Array(view.buffer);
}

export function floatBytesOf(values: Iterable<number>): Uint8Array {
  const list = [...values];
  const view = new DataView(new ArrayBuffer(list.length * 4));
  list.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return new Uint8Array(view.buffer);
}

/** Index of the first sample that differs, −1 when none does: cheap where `toEqual` is not. */
export function firstDifference(a: Int16Array, b: Int16Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((sample, i) => sample !== b[i]);
}
