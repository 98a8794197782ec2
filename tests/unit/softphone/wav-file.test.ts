import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeWav } from '../../../audio/wav.ts';
import { readSpeech, toNarrowband, writeHeard } from '../../../softphone/wav-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'softphone-wav-'));
});
afterAll(() => rm(folder, { recursive: true }));

function sine(rate: number, seconds: number, hertz: number): Int16Array {
  return Int16Array.from({ length: rate * seconds }, (_, n) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * hertz * n) / rate)),
  );
}

describe('speech from WAV files', () => {
  it('passes 8 kHz mono through untouched, in and out', async () => {
    const samples = sine(8000, 0.5, 440);
    const path = join(folder, 'plain.wav');
    await writeHeard(path, samples);
    expect(await readSpeech(path)).toEqual(samples);
  });

  it('mixes channels', () => {
    const left = Int16Array.of(100, -100, 32767);
    const right = Int16Array.of(300, -300, 32767);
    expect([...toNarrowband({ sampleRate: 8000, channels: [left, right] })]).toEqual([
      200, -200, 32767,
    ]);
  });

  it.each([16_000, 44_100, 48_000])('brings %d Hz to 8 kHz in time and level', (rate) => {
    const heard = toNarrowband({ sampleRate: rate, channels: [sine(rate, 1, 400)] });
    const expected = sine(8000, 1, 400);
    expect(heard).toHaveLength(8000);
    // The edges of the file ring in the filter; the middle must lie on the original, in phase.
    const error = Math.max(
      ...heard.subarray(100, 7900).map((v, n) => Math.abs(v - (expected[n + 100] ?? 0))),
    );
    expect(error).toBeLessThan(200);
  });

  it('names the file when it cannot be used', async () => {
    const path = join(folder, 'text.wav');
    await writeFile(path, 'hello');
    await expect(readSpeech(path)).rejects.toMatchObject({
      code: 'BAD_WAV',
      message: expect.stringContaining('text.wav') as string,
    });
    await expect(readSpeech(join(folder, 'none.wav'))).rejects.toMatchObject({ code: 'BAD_WAV' });
    await expect(writeHeard(join(folder, 'no', 'x.wav'), new Int16Array(1))).rejects.toMatchObject({
      code: 'BAD_FLAG',
    });
    await writeFile(path, writeWav({ sampleRate: 8000, channels: [new Int16Array(0)] }));
    expect(await readSpeech(path)).toHaveLength(0);
  });
});
