/**
 * What concealment is worth: over the packets that were lost, how close is what the agent heard to what
 * was said, and how close would silence have been? The measure is the distance of the spectra (log-spectral
 * distance, 100 to 3800 Hz). The signal against the error, where silence is 0 dB by definition, is told
 * as well: a continued pitch that is a little out of phase sounds right and subtracts badly.
 */
import { compare } from '../../audio/compare.ts';
import { complex, fft } from '../../audio/fft.ts';

const RATE = 16_000;
const PACKET = 320;
/** In packets. */
const REACH = 5;
const POINTS = 512;
const FROM_HZ = 100;
const TO_HZ = 3_800;
/** Below this nothing can be heard, and logarithms run away. */
const FLOOR_DB = 0;

export interface Concealed {
  readonly packets: number;
  readonly snrDb: number;
  readonly distanceDb: number;
  readonly silenceDistanceDb: number;
}

/** @param lost which packets of 20 ms of `ideal` (16 kHz) never arrived. */
export function judgeConcealment(
  ideal: Int16Array,
  heard: Int16Array,
  lost: readonly number[],
): Concealed {
  const everywhere = Math.round(compare(ideal, heard).offset);
  let [signal, error, distance, silence, packets] = [0, 0, 0, 0, 0];
  for (const packet of lost) {
    const at = packet * PACKET;
    const said = ideal.subarray(at, at + PACKET);
    const lag = lagAt(ideal, heard, at, everywhere);
    const got = heard.subarray(at + lag, at + lag + PACKET);
    const energy = said.reduce((sum, x) => sum + x * x, 0);
    // In a pause of the speech there is nothing to conceal.
    if (got.length < PACKET || energy / PACKET < 200 * 200) continue;
    packets++;
    signal += energy;
    error += said.reduce((sum, x, i) => sum + (x - (got[i] ?? 0)) ** 2, 0);
    const own = spectrumDb(said);
    distance += apart(own, spectrumDb(got));
    silence += apart(own, spectrumDb(new Int16Array(PACKET)));
  }
  return {
    packets,
    snrDb: 10 * Math.log10(signal / error),
    distanceDb: distance / packets,
    silenceDistanceDb: silence / packets,
  };
}

/** Where the packets before and after were heard: the stream is kept in step by whole packets. */
function lagAt(ideal: Int16Array, heard: Int16Array, at: number, everywhere: number): number {
  let best = { lag: everywhere, error: Infinity };
  for (let packets = -REACH; packets <= REACH; packets++) {
    const lag = everywhere + packets * PACKET;
    let error = 0;
    for (const from of [at - PACKET, at + 2 * PACKET]) {
      for (let i = Math.max(0, from); i < from + PACKET; i++) {
        error += ((ideal[i] ?? 0) - (heard[i + lag] ?? 0)) ** 2;
      }
    }
    if (error < best.error) best = { lag, error };
  }
  return best.lag;
}

function spectrumDb(samples: Int16Array): number[] {
  const { re, im } = complexOf(samples);
  const bin = (hz: number) => Math.round((hz * POINTS) / RATE);
  return Array.from({ length: bin(TO_HZ) - bin(FROM_HZ) }, (_, i) => {
    const k = i + bin(FROM_HZ);
    const power = ((re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2) / PACKET;
    return Math.max(FLOOR_DB, 10 * Math.log10(power + 1e-9));
  });
}

function complexOf(samples: Int16Array) {
  const signal = complex(POINTS);
  samples.forEach((sample, i) => {
    signal.re[i] = sample * Math.sin((Math.PI * (i + 0.5)) / samples.length);
  });
  fft(signal);
  return signal;
}

function apart(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, x, i) => sum + (x - (b[i] ?? 0)) ** 2, 0) / a.length);
}
