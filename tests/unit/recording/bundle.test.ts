import { strToU8, unzipSync, zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeWav } from '../../../audio/wav.ts';
import { BridgeError } from '../../../common/errors.ts';
import { readBundle, writeBundle, type BundlePart } from '../../../recording/bundle.ts';
import { bundleName, FILES, FORMAT, type Manifest } from '../../../recording/manifest.ts';

export const manifest: Manifest = {
  format: FORMAT,
  version: 1,
  id: 'r1',
  callId: 'abc@phone',
  caller: 'sip:agent001@10.0.0.2',
  dialled: '1000',
  direction: 'inbound',
  extension: 'default',
  startedAt: '2026-11-23T09:12:33.456Z',
  offsetMs: 0,
  durationMs: 20,
  sampleRate: 16_000,
  complete: true,
  versions: { bridge: '0.1.0', browser: 'test' },
};
const left = Int16Array.from({ length: 320 }, (_, i) => i * 3);
const right = Int16Array.from({ length: 320 }, (_, i) => -i);
const wav = writeWav({ sampleRate: 16_000, channels: [left, right] });
const json = (value: unknown) => strToU8(JSON.stringify(value));

async function zipOf(parts: readonly BundlePart[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await writeBundle(parts, (piece) => pieces.push(piece.slice()));
  return Buffer.concat(pieces);
}

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof BridgeError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  return 'no error';
}

describe('a bundle', () => {
  it('comes back as it was written, audio bit for bit, however it was cut', async () => {
    const trace = { callId: 'abc@phone', messages: [] };
    const zip = await zipOf([
      { name: FILES.manifest, pieces: [json(manifest)] },
      { name: FILES.audio, pieces: [wav.subarray(0, 100), wav.subarray(100)] },
      {
        name: FILES.events,
        pieces: [strToU8('{"at":"2026","from":"page","type":"log","text":"é"}\n{"at":"20')],
      },
      { name: FILES.sip, pieces: [json(trace)] },
      { name: FILES.timeline, pieces: [json({ turns: [] })] },
    ]);
    const bundle = readBundle(zip);
    expect(bundle.manifest).toEqual(manifest);
    expect(bundle.wav).toEqual({ sampleRate: 16_000, channels: [left, right] });
    expect(bundle.events).toEqual([{ at: '2026', from: 'page', type: 'log', text: 'é' }]);
    expect(bundle.trace).toEqual(trace);
    expect(bundle.timeline).toEqual({ turns: [] });
    expect(bundle.problems).toEqual([
      'The bundle has no figures.json.',
      'The bundle has no webrtc.rtcstats.',
      'The bundle has no config.json.',
    ]);
    // Other programs' unzip finds the same.
    expect(unzipSync(zip)[FILES.audio]).toEqual(new Uint8Array(wav));
  });

  it('of a replay misses nothing that only a phone would bring', async () => {
    const { problems } = readBundle(
      await zipOf([
        { name: FILES.manifest, pieces: [json({ ...manifest, replayOf: 'abc@phone' })] },
        { name: FILES.audio, pieces: [wav] },
      ]),
    );
    expect(problems.join()).not.toMatch(/sip|rtcstats/);
    expect(problems.join()).toContain('events.ndjson');
  });

  it('is opened without a file that is broken, which is named', async () => {
    const { trace, problems } = readBundle(
      await zipOf([
        { name: FILES.manifest, pieces: [json({ ...manifest, complete: false })] },
        { name: FILES.audio, pieces: [wav] },
        { name: FILES.sip, pieces: [strToU8('{"callId":')] },
      ]),
    );
    expect(trace).toBeUndefined();
    expect(problems.join('\n')).toContain('sip.json cannot be read');
    expect(problems.join('\n')).toContain('The page went away during the call');
  });

  it.each([
    ['no zip', strToU8('RIFF'), /is no zip file/],
    ['a cut zip', zipSync({ [FILES.manifest]: json(manifest) }).subarray(0, 60), /is no zip file/],
    ['another zip', zipSync({ 'a.txt': strToU8('a') }), /holds no manifest\.json/],
    ['no audio', zipSync({ [FILES.manifest]: json(manifest) }), /holds no audio\.wav/],
    [
      'a broken manifest',
      zipSync({ [FILES.manifest]: strToU8('{'), [FILES.audio]: wav }),
      /manifest\.json cannot be read/,
    ],
    [
      'another program’s manifest',
      zipSync({ [FILES.manifest]: json({ format: 'x' }), [FILES.audio]: wav }),
      /is no recording of a call/,
    ],
    [
      'a newer version',
      zipSync({ [FILES.manifest]: json({ ...manifest, version: 2 }), [FILES.audio]: wav }),
      /is of version 2/,
    ],
    [
      'a manifest without what is needed',
      zipSync({ [FILES.manifest]: json({ ...manifest, callId: 1 }), [FILES.audio]: wav }),
      /lacks callId/,
    ],
    [
      'audio that is none',
      zipSync({ [FILES.manifest]: json(manifest), [FILES.audio]: strToU8('x') }),
      /audio\.wav cannot be read/,
    ],
    [
      'one channel',
      zipSync({
        [FILES.manifest]: json(manifest),
        [FILES.audio]: writeWav({ sampleRate: 8_000, channels: [left] }),
      }),
      /is not stereo/,
    ],
  ])('is refused with its code and the reason: %s', (_, zip, reason) => {
    const error = codeOf(() => readBundle(zip));
    expect(error).toMatch(/^BAD_BUNDLE: The bundle cannot be opened: /);
    expect(error).toMatch(reason);
  });

  it('never fails in another way, whatever the bytes', () => {
    const good = zipSync({ [FILES.manifest]: json(manifest), [FILES.audio]: wav });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 6,
        }),
        (changes) => {
          const zip = good.slice();
          for (const [at, byte] of changes) zip[at] = byte;
          expect(codeOf(() => readBundle(zip))).toMatch(/^(BAD_BUNDLE: |no error)/);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is named by date, caller and call', () => {
    expect(bundleName(manifest)).toBe('2026-11-23T09-12-33_agent001@10.0.0.2_abc@phone.zip');
    expect(bundleName({ ...manifest, caller: '../..', callId: 'a/b\\c:d' })).toBe(
      '2026-11-23T09-12-33_unknown_a-b-c-d.zip',
    );
  });
});
