/**
 * Measures the way to it: tells each second how evenly the caller's frames come, and answers each
 * utterance with a short tone at once, so that whoever listens hears what the way alone costs.
 */
import { performance } from 'node:perf_hooks';
import { UtteranceCutter } from '../demo/utterance.ts';
import { toneBytes } from './tone.ts';
import type { Mode } from './types.ts';

const EVERY_MS = 1000;
const HANGOVER_MS = 240;
const TONE_MS = 200;

export const timing: Mode = ({ line, tell }) => {
  const { sampleRate, output } = line.endpoint;
  const tone = toneBytes(TONE_MS, output);
  let firstAt: number | undefined;
  let lastAt = 0;
  let samples = 0;
  let gaps: number[] = [];
  let utterances = 0;
  const cutter = new UtteranceCutter(sampleRate, HANGOVER_MS, {
    onStart: () => undefined,
    onProgress: () => undefined,
    onEnd: (_samples, ms) => {
      utterances += 1;
      line.say(tone);
      line.finish();
      line.tell({ type: 'turn_complete', total_latency_ms: HANGOVER_MS });
      tell(`utterance ${utterances}, ${(ms / 1000).toFixed(1)} s, answered`);
    },
  });
  line.listen({
    onAudio: (frame) => {
      const now = performance.now();
      if (firstAt === undefined) firstAt = now;
      else gaps.push(now - lastAt);
      lastAt = now;
      samples += frame.length;
      cutter.push(frame);
    },
  });
  const timer = setInterval(() => {
    if (firstAt === undefined || gaps.length === 0) return;
    const sorted = gaps.sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
    const ahead = (samples * 1000) / sampleRate - (lastAt - firstAt);
    tell(
      `${gaps.length} frames, ${at(0.5)} ms apart (${at(0)} to ${at(1)}), ` +
        `${Math.abs(ahead).toFixed(0)} ms ${ahead < 0 ? 'behind' : 'ahead of'} the clock`,
    );
    gaps = [];
  }, EVERY_MS);
  return () => clearInterval(timer);
};
