/** What the demo says of a voice that was heard with its pauses a little longer or shorter. */
import { describe, expect, it } from 'vitest';
import { idealCallerToAgent } from '../../../audio/compare.ts';
import { concat } from '../../../audio/concat.ts';
import { measureCallerToAgent } from '../../../server/demo/measure.ts';
import { sweep } from '../../support/signals.ts';

const PACKET = 160;
const PIECE = 50 * PACKET;
const words = [300, 900].map((fromHz) =>
  sweep({ sampleRate: 8000, seconds: 1, fromHz, toHz: 3 * fromHz, amplitude: 0.5 }),
);
const samples = concat(words.flatMap((word) => [word, new Int16Array(PIECE)]));
const pieces = [0, 2].map((n) => ({ from: n * PIECE, to: (n + 1) * PIECE }));
const packetTimes = Array.from({ length: samples.length / PACKET }, (_, n) => 20 * n);

/** Each packet is a frame, 3 ms later; `extra` frames of silence have been put into the first pause. */
function heardWith(extra: number) {
  const ideal = idealCallerToAgent(samples, 'pcmu');
  const [before, after] = [ideal.subarray(0, 3 * PIECE), ideal.subarray(3 * PIECE)];
  const heard = concat([before, new Int16Array(extra * 2 * PACKET), after]);
  return Array.from({ length: heard.length / (2 * PACKET) }, (_, n) => ({
    timeMs: 20 * n + 3,
    samples: heard.slice(n * 2 * PACKET, (n + 1) * 2 * PACKET),
  }));
}

describe('the caller as the agent has heard them', () => {
  it.each([0, 1, 5])('word by word, with %i frames more in a pause', (extra) => {
    const up = measureCallerToAgent(
      { samples, law: 'pcmu', packetTimes, pieces },
      heardWith(extra),
    );
    expect(up.correlation).toBeGreaterThan(0.999);
    expect(up.gainDb).toBeCloseTo(0, 1);
    expect(up.latencyMs).toMatchObject({ n: 200, max: 3 + 20 * extra });
  });

  it('as one piece, where a pause counts like a word', () => {
    const sent = { samples, law: 'pcmu', packetTimes } as const;
    expect(measureCallerToAgent(sent, heardWith(0)).correlation).toBeGreaterThan(0.999);
    expect(measureCallerToAgent(sent, heardWith(1)).correlation).toBeLessThan(0.9);
  });

  it('a word that is missing is missed', () => {
    const frames = heardWith(0).map(({ timeMs, samples: frame }, n) => ({
      timeMs,
      samples: n >= 100 && n < 125 ? new Int16Array(frame.length) : frame,
    }));
    const sent = { samples, law: 'pcmu', packetTimes, pieces } as const;
    expect(measureCallerToAgent(sent, frames).correlation).toBeLessThan(0.8);
  });
});
