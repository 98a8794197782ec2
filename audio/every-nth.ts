/**
 * Every n-th sample. It folds high frequencies down, which levels, waveforms and pauses don't mind and
 * ears would: for what is measured and shown of wideband audio, not for what is heard of it.
 */
export function everyNth(samples: Int16Array, n: number, into: Int16Array): Int16Array {
  const count = Math.min(into.length, Math.floor(samples.length / n));
  for (let i = 0; i < count; i += 1) into[i] = samples[i * n] ?? 0;
  return into.subarray(0, count);
}
