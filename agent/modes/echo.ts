/** Says back every frame the moment it comes: what the caller hears late is the way, not the agent. */
import { Resampler } from '../../audio/resampler.ts';
import { pcmBytes } from '../endpoint/pcm-bytes.ts';
import type { Mode } from './types.ts';

export const echo: Mode = ({ line }) => {
  const { sampleRate, output } = line.endpoint;
  const resampler = new Resampler({ from: sampleRate, to: output.sampleRate });
  line.listen({
    onAudio: (samples) => line.say(pcmBytes(resampler.process(samples), output.encoding)),
  });
  return () => undefined;
};
