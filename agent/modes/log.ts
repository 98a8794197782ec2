/** Says nothing and tells what comes in: a line a second, and one for every word that is no audio. */
import { LevelMeter } from '../../audio/levels.ts';
import type { Mode } from './types.ts';

const EVERY_MS = 1000;

export const log: Mode = ({ line, tell }) => {
  const meter = new LevelMeter();
  let frames = 0;
  let samples = 0;
  line.listen({
    onAudio: (frame) => {
      frames += 1;
      samples += frame.length;
      meter.push(frame);
    },
    onWord: (heard) => {
      if (heard.type === 'fault') tell(heard.reason);
      else tell(heard.type === 'dtmf' ? `key ${heard.digit}` : heard.type);
    },
  });
  const timer = setInterval(() => {
    const ms = (samples * 1000) / line.endpoint.sampleRate;
    const { peakDbfs, rmsDbfs } = meter.read();
    tell(`${frames} frames, ${ms} ms, peak ${dB(peakDbfs)}, mean ${dB(rmsDbfs)}`);
    frames = samples = 0;
  }, EVERY_MS);
  return () => clearInterval(timer);
};

function dB(level: number): string {
  return Number.isFinite(level) ? `${level.toFixed(0)} dBFS` : 'silent';
}
