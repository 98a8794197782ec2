/** A softphone that is not ours: Debian's baresip speaks, and hears the agent's answer. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idealCallerToAgent } from '../../audio/compare.ts';
import { Resampler } from '../../audio/resampler.ts';
import { writeWav } from '../../audio/wav.ts';
import { readSpeech } from '../../softphone/wav-file.ts';
import { BARESIP, ESPEAK, missing } from '../setup/programs.ts';
import { Baresip } from '../support/baresip.ts';
import { fidelity } from '../support/fidelity.ts';
import { bytesOf, sweep } from '../support/signals.ts';
import { expect, test } from './fixtures.ts';

const TEXT = 'Good morning. I would like to know when my order will arrive, please.';

test('baresip registers, dials and speaks; the agent hears it and is heard', async ({
  agent,
  bridge,
  openPage,
}) => {
  const reason = missing(BARESIP) ?? missing(ESPEAK);
  test.skip(reason !== undefined, reason);
  const folder = await mkdtemp(join(tmpdir(), 'speech-'));
  const spoken = join(folder, 'spoken.wav');
  const { status } = spawnSync('espeak-ng', ['-w', spoken, TEXT]);
  expect(status).toBe(0);
  const speech = await readSpeech(spoken);
  // baresip hangs up at the end of its file.
  const played = new Int16Array(speech.length + 5 * 8000);
  played.set(speech);
  await writeFile(spoken, writeWav({ sampleRate: 8000, channels: [played] }));

  await openPage();
  const { port } = await bridge.phoneServer();
  const phone = await Baresip.start({ sipPort: port, play: spoken, codec: 'PCMU' });
  try {
    phone.dial('1000');
    await phone.event('CALL_ESTABLISHED');
    const session = await agent.session();
    const answer = sweep({
      sampleRate: 16_000,
      seconds: 2,
      fromHz: 300,
      toHz: 3000,
      amplitude: 0.4,
    });
    session.send(bytesOf(answer));
    const needed = Math.ceil(speech.length / 160) + 25;
    await expect.poll(() => session.frames.length).toBeGreaterThanOrEqual(needed);
    phone.hangUp();
    await phone.event('CALL_CLOSED');
    expect(await session.closed).toBe(1000);

    const up = fidelity(idealCallerToAgent(speech, 'pcmu'), session.pcm, 16_000);
    expect(up.snrMedian).toBeGreaterThan(15);
    const down = new Resampler({ from: 16_000, to: 8000 });
    const heard = await phone.heard();
    expect(heard.sampleRate).toBe(8000);
    const back = heard.channels[0] ?? new Int16Array(0);
    expect(fidelity(down.process(answer).slice(), back, 8_000).snrMedian).toBeGreaterThan(15);
  } finally {
    await phone.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
