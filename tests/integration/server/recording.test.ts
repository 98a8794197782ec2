/** Calls recorded by the engine: each side in its channel, on the call's clock. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readWav } from '../../../audio/wav.ts';
import { silent } from '../../../common/log.ts';
import { startBridge } from '../../../server/bridge.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { optionsOf } from '../../../server/options.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { toneLevel } from '../../support/signals.ts';

const tone = (hz: number) =>
  Int16Array.from({ length: 80_000 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / 8000)),
  );

it('writes caller and called side into the two channels of a WAV file named for the call', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'bridge-recording-'));
  const options = optionsOf(
    configSchema.parse({
      http: { port: 0 },
      sip: {
        server: { port: 0 },
        registrar: { file: 'none' },
        rtp: { port_range_start: 32_000, port_range_end: 32_099 },
      },
      extensions: { '1001': { phone: 'anna' } },
      recording: { dir },
    }),
  );
  const bridge = await startBridge(options, silent);
  const { hostname, port } = new URL(`sip://${bridge.phone.server}`);
  const server = { host: hostname, port: Number(port) };
  const anna = await Softphone.create({
    server,
    user: 'anna',
    onCall: (call) => void call.answer({ play: tone(880) }),
  });
  const caller = await Softphone.create({ server, user: 'agent001' });
  try {
    await anna.register();
    const call = await caller.call({ to: '1001', play: tone(440) });
    await call.answered;
    await expect.poll(() => call.statistics.received.packets).toBeGreaterThan(75);
    await call.hangup();
    await expect.poll(() => readdirSync(dir).length).toBe(1);
    await bridge.close();
    const [file = ''] = readdirSync(dir);
    expect(file.startsWith(call.callId)).toBe(true);
    const { sampleRate, channels } = readWav(readFileSync(join(dir, file)));
    expect(sampleRate).toBe(8000);
    const [left, right] = channels.map((samples) => samples.slice(-4000, -800));
    expect(toneLevel(left ?? new Int16Array(0), 8000, 440)).toBeGreaterThan(0.15);
    expect(toneLevel(left ?? new Int16Array(0), 8000, 880)).toBeLessThan(0.02);
    expect(toneLevel(right ?? new Int16Array(0), 8000, 880)).toBeGreaterThan(0.15);
    expect(toneLevel(right ?? new Int16Array(0), 8000, 440)).toBeLessThan(0.02);
  } finally {
    await caller.close();
    await anna.close();
    await bridge.close();
    if (existsSync(dir)) rmSync(dir, { recursive: true });
  }
}, 60_000);
