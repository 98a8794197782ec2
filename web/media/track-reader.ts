/**
 * Decoded audio from the track, for browsers without script transforms and for codecs the worker
 * cannot decode. It comes out of the jitter buffer, about 30 ms later than the encoded way, and
 * needs the track to be on a media element as well.
 */
/** Reads until `onSamples` says false, or the track ends. */
export async function readTrack(
  readable: ReadableStream<AudioData>,
  onSamples: (samples: Int16Array<ArrayBuffer>, sampleRate: number) => boolean,
): Promise<void> {
  let floats = new Float32Array(480);
  let samples = new Int16Array(480);
  for await (const audio of readable) {
    const { numberOfFrames: count, sampleRate } = audio;
    if (floats.length < count) {
      floats = new Float32Array(count);
      samples = new Int16Array(count);
    }
    audio.copyTo(floats.subarray(0, count), { planeIndex: 0, format: 'f32-planar' });
    audio.close();
    toInt16(floats, samples, count);
    if (!onSamples(samples.subarray(0, count), sampleRate)) return;
  }
}

/** Rounds the first `count` values, −1…1, to samples. */
export function toInt16(floats: Float32Array, samples: Int16Array, count: number): void {
  for (let i = 0; i < count; i += 1) {
    samples[i] = Math.max(-32_768, Math.min(32_767, Math.round((floats[i] ?? 0) * 32_768)));
  }
}
