/** Signals that can be found again to the sample: sweeps, whose correlation has a single peak. */

export interface Sweep {
  readonly sampleRate: number;
  readonly seconds: number;
  readonly fromHz: number;
  readonly toHz: number;
  /** Of full scale. */
  readonly amplitude: number;
}

/** A linear sweep with 10 ms of fade at both ends. */
export function sweep({ sampleRate, seconds, fromHz, toHz, amplitude }: Sweep): Int16Array {
  const length = Math.round(sampleRate * seconds);
  const fade = sampleRate / 100;
  return Int16Array.from({ length }, (_, i) => {
    const t = i / sampleRate;
    const phase = 2 * Math.PI * (fromHz * t + ((toHz - fromHz) * t * t) / (2 * seconds));
    const envelope = Math.min(1, i / fade, (length - 1 - i) / fade);
    return Math.round(32_767 * amplitude * envelope * Math.sin(phase));
  });
}

/** How much of a tone is in a signal: its amplitude over full scale (Goertzel). */
export function toneLevel(samples: Int16Array, sampleRate: number, hz: number): number {
  const step = (2 * Math.PI * hz) / sampleRate;
  let [re, im] = [0, 0];
  samples.forEach((sample, i) => {
    re += sample * Math.cos(step * i);
    im += sample * Math.sin(step * i);
  });
  return (2 * Math.hypot(re, im)) / (samples.length * 32_768);
}

export function bytesOf(samples: Int16Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  samples.forEach((sample, i) => view.setInt16(2 * i, sample, true));
  return new Uint8Array(view.buffer);
}
