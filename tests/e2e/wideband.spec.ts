/**
 * Calls in G.722 and Opus: content above 4 kHz reaches the agent, and from it the phone. The phone is
 * baresip, which has both codecs of its own.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../audio/wav.ts';
import { BARESIP, missing } from '../setup/programs.ts';
import { Baresip } from '../support/baresip.ts';
import { bytesOf, sweep, toneLevel } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';

const AMPLITUDE = 0.4;
const tone = (sampleRate: number, hz: number, seconds: number) =>
  sweep({ sampleRate, seconds, fromHz: hz, toHz: hz, amplitude: AMPLITUDE });

for (const [codec, rate] of [
  ['G722', 16_000],
  ['opus', 48_000],
] as const) {
  test.describe(codec, () => {
    test.use({ codecs: [codec, 'PCMU'] });

    test(`a tone of 6 kHz crosses both ways (${codec})`, async ({ agent, bridge, openPage }) => {
      const reason = missing(BARESIP);
      test.skip(reason !== undefined, reason);
      const folder = await mkdtemp(join(tmpdir(), 'wideband-'));
      const play = join(folder, 'tone.wav');
      const mono = tone(rate, 6000, 10);
      const channels = codec === 'opus' ? [mono, mono] : [mono];
      await writeFile(play, writeWav({ sampleRate: rate, channels }));
      const page = await openPage();
      const { port } = await bridge.phoneServer();
      const phone = await Baresip.start({ sipPort: port, play, codec });
      try {
        phone.dial('1000');
        await phone.event('CALL_ESTABLISHED');
        const session = await agent.session();
        session.send(bytesOf(tone(16_000, 5000, 3)));
        await expect.poll(() => session.frames.length).toBeGreaterThanOrEqual(200);
        await expect(page.getByTestId('call-card')).toHaveCount(1);
        phone.hangUp();
        await phone.event('CALL_CLOSED');
        expect(await session.closed).toBe(1000);

        // Two seconds from the middle: frames of 320 samples at 16 kHz.
        const heard = session.pcm.slice(80 * 320, 180 * 320);
        expect(toneLevel(heard, 16_000, 6000)).toBeGreaterThan(AMPLITUDE / 2);
        expect(toneLevel(heard, 16_000, 2000)).toBeLessThan(AMPLITUDE / 50);

        const back = await phone.heard();
        const samples = back.channels[0] ?? new Int16Array(0);
        const second = loudest(samples, back.sampleRate);
        expect(toneLevel(second, back.sampleRate, 5000)).toBeGreaterThan(AMPLITUDE / 2);
      } finally {
        await phone.stop();
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}

/** The second of a recording in which most is heard: the answer comes some time after its start. */
function loudest(samples: Int16Array, sampleRate: number): Int16Array {
  let best = samples.subarray(0, sampleRate);
  let most = -1;
  for (let at = 0; at + sampleRate <= samples.length; at += sampleRate / 4) {
    const part = samples.subarray(at, at + sampleRate);
    const energy = part.reduce((sum, sample) => sum + sample * sample, 0);
    if (energy > most) [best, most] = [part, energy];
  }
  return best;
}
