/**
 * A plain radix-2 FFT in place, for judging signals (compare.ts, the tests' frequency responses) and for
 * showing them (spectrum.ts).
 */

/** A complex signal; both parts have the same power-of-two length. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function complex(length: number): Complex {
  return { re: new Float64Array(length), im: new Float64Array(length) };
}

export function nextPowerOfTwo(length: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, length)));
}

/** Forward transform, in place. */
export function fft(signal: Complex): void {
  const { re, im } = signal;
  const length = re.length;
  if (length !== nextPowerOfTwo(length) || im.length !== length) {
    throw new RangeError(`A radix-2 FFT cannot take ${length} points.`);
  }
  reorder(re);
  reorder(im);
  const { re: cos, im: sin } = turnsOf(length);
  for (let size = 2; size <= length; size *= 2) {
    const half = size / 2;
    const stride = length / size;
    for (let start = 0; start < length; start += size) {
      for (let k = 0; k < half; k++) {
        const a = start + k;
        const b = a + half;
        const c = cos[k * stride] ?? 0;
        const s = sin[k * stride] ?? 0;
        const bRe = re[b] ?? 0;
        const bIm = im[b] ?? 0;
        const tRe = bRe * c - bIm * s;
        const tIm = bRe * s + bIm * c;
        const aRe = re[a] ?? 0;
        const aIm = im[a] ?? 0;
        re[b] = aRe - tRe;
        im[b] = aIm - tIm;
        re[a] = aRe + tRe;
        im[a] = aIm + tIm;
      }
    }
  }
}

/** The last length's: who transforms often transforms the same length. */
let turns = complex(0);

function turnsOf(length: number): Complex {
  if (turns.re.length === length / 2) return turns;
  turns = complex(length / 2);
  for (let i = 0; i < length / 2; i++) {
    turns.re[i] = Math.cos((2 * Math.PI * i) / length);
    turns.im[i] = -Math.sin((2 * Math.PI * i) / length);
  }
  return turns;
}

/** Inverse transform, in place, scaled so that it undoes `fft`. */
export function inverseFft({ re, im }: Complex): void {
  // Swapping the parts conjugates: the inverse is the forward transform of the swapped signal.
  fft({ re: im, im: re });
  for (let i = 0; i < re.length; i++) {
    re[i] = (re[i] ?? 0) / re.length;
    im[i] = (im[i] ?? 0) / re.length;
  }
}

/** Bit-reversed order. */
function reorder(values: Float64Array): void {
  const length = values.length;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const held = values[i] ?? 0;
      values[i] = values[j] ?? 0;
      values[j] = held;
    }
  }
}
