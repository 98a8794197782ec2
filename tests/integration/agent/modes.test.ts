/** What the built-in agents keep and tell of a call. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { AgentServer } from '../../../agent/endpoint/server.ts';
import { startModeAgent } from '../../../agent/mode-agent.ts';
import { MODES } from '../../../agent/modes/registry.ts';
import { readWav } from '../../../audio/wav.ts';

const TTS = { encoding: 'f32le', sampleRate: 24_000 } as const;

let agent: AgentServer | undefined;
let folder: string | undefined;
const told: string[] = [];

afterEach(async () => {
  await agent?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
  agent = folder = undefined;
  told.length = 0;
});

async function start(mode: string, record?: string): Promise<WebSocket> {
  const run = MODES.get(mode)?.run;
  if (run === undefined) throw new Error(`There is no mode ${mode}.`);
  agent = await startModeAgent(
    { run, host: '127.0.0.1', port: 0, dialect: 'talky', tts: TTS, ...(record && { record }) },
    (sentence) => told.push(sentence),
  );
  const socket = new WebSocket(`${agent.url}/a%20b%2F1`);
  await new Promise((resolve) => socket.once('open', resolve));
  return socket;
}

describe('--record', () => {
  it('keeps what was received and sent, and every message with its time', async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-'));
    const socket = await start('echo', folder);
    const frame = Int16Array.from({ length: 320 }, (_, i) => 9_000 * Math.sin(i / 9));
    let heard = 0;
    const answered = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        heard += data.length;
        if (heard >= 10 * 480 * 4) resolve();
      });
    });
    for (let i = 0; i < 10; i += 1) socket.send(frame);
    await answered;
    socket.close();
    await expect.poll(() => told.at(-1)).toContain('recorded as');

    expect((await readdir(folder)).sort()).toEqual([
      'a_b_1-received.wav',
      'a_b_1-sent.wav',
      'a_b_1.ndjson',
    ]);
    const received = readWav(await readFile(join(folder, 'a_b_1-received.wav')));
    expect(received.sampleRate).toBe(16_000);
    expect([...(received.channels[0] ?? [])].slice(320, 640)).toEqual([...frame]);
    const sent = readWav(await readFile(join(folder, 'a_b_1-sent.wav')));
    expect(sent.sampleRate).toBe(24_000);
    expect(sent.channels[0]?.length).toBe(heard / 4);
    const lines = (await readFile(join(folder, 'a_b_1.ndjson'), 'utf8')).trim().split('\n');
    const messages = lines.map((line) => JSON.parse(line) as { ms: number; from: string });
    expect(messages.filter(({ from }) => from === 'caller')).toHaveLength(10);
    expect(messages[0]).toEqual({ ms: expect.any(Number) as number, from: 'caller', bytes: 640 });
  });
});

describe('timing', () => {
  it('answers an utterance with a tone, and tells how frames come', async () => {
    const socket = await start('timing');
    const beep = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    const voice = Int16Array.from({ length: 320 }, (_, i) => 9_000 * Math.sin(i / 3));
    for (let i = 0; i < 30; i += 1) socket.send(voice);
    for (let i = 0; i < 20; i += 1) socket.send(new Int16Array(320));
    // 200 ms of float at 24 kHz.
    expect((await beep).length).toBe(4_800 * 4);
    await expect.poll(() => told.join('\n')).toMatch(/49 frames, .* the clock/);
    expect(told.join('\n')).toContain('utterance 1, 0.6 s, answered');
    socket.close();
  });
});
