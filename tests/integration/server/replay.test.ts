/** `record` and `replay` from their command lines: with an agent, and as a phone with another phone. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { readWav, writeWav } from '../../../audio/wav.ts';
import { runTalk } from '../../../server/replay/talk.ts';
import type { Report } from '../../../server/replay/report.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { bytesOf, toneLevel } from '../../support/signals.ts';

const RATE = 16_000;
/** How much of the caller the agent hears before it answers. */
const ANSWER_AFTER_MS = 1000;

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(folder, { recursive: true });
});

function tone(hz: number, ms: number, rate = RATE): Int16Array {
  return Int16Array.from({ length: (ms * rate) / 1000 }, (_, n) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * n) / rate)),
  );
}

async function wavFile(name: string, samples: Int16Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, writeWav({ sampleRate: RATE, channels: [samples] }));
  return path;
}

/** Counts what it is sent, and says its tone all at once when it has heard enough. */
async function startAgent(): Promise<{ url: string; received: Buffer[] }> {
  const received: Buffer[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    let bytes = 0;
    socket.on('message', (data) => {
      received.push(data as Buffer);
      const before = bytes;
      bytes += (data as Buffer).length;
      const enough = (ANSWER_AFTER_MS * RATE * 2) / 1000;
      if (before >= enough || bytes < enough) return;
      socket.send(JSON.stringify({ type: 'transcript', text: 'hello', is_final: true }));
      socket.send(bytesOf(tone(1000, 600)));
    });
  });
  closers.push(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/voice`, received };
}

async function run(isReplay: boolean, argv: string[], interrupt?: AbortSignal) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runTalk({ help: 'the help\n', isReplay }, argv, {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    environment: {},
    ...(interrupt && { interrupt }),
  });
  return { exitCode, out: out.join(''), err: err.join('') };
}

it('keeps a session with an agent, and says it again beside what it was', async () => {
  const agent = await startAgent();
  const play = await wavFile('caller.wav', tone(400, 800));
  const flags = ['--agent', agent.url, '--seconds', '4'];
  const recorded = await run(false, ['--play', play, '--out', join(folder, 'kept'), ...flags]);
  expect(recorded).toMatchObject({ exitCode: 0, err: '' });
  expect(recorded.out).toMatch(/^recorded: 1 answered turns/m);

  const files = (await readdir(join(folder, 'kept'))).sort();
  expect(files.map((name) => name.replace(/.*\./, ''))).toEqual(['ndjson', 'wav']);
  const [ndjson = '', wav = ''] = files.map((name) => join(folder, 'kept', name));
  const { sampleRate, channels } = readWav(await readFile(wav));
  const [caller, heard] = channels;
  expect([sampleRate, channels.length, caller?.length]).toEqual([RATE, 2, 4 * RATE]);
  // Word for word what was played, and nothing of the other voice.
  expect(caller?.subarray(0, 0.8 * RATE)).toEqual(tone(400, 800));
  expect(caller?.subarray(0.8 * RATE).some((sample) => sample !== 0)).toBe(false);
  const from = heard?.findIndex((sample) => sample !== 0) ?? 0;
  expect(from).toBeGreaterThan(0.95 * RATE);
  expect(
    toneLevel(heard?.slice(from, from + 0.5 * RATE) ?? new Int16Array(), RATE, 1000),
  ).toBeGreaterThan(0.1);
  const lines = (await readFile(ndjson, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines[0]).toMatchObject({
    type: 'recording',
    with: agent.url,
    sampleRate: RATE,
    durationMs: 4000,
  });
  expect(lines).toContainEqual(
    expect.objectContaining({ type: 'transcript', text: 'hello', final: true }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ type: 'audio', bytes: 19_200 }));

  // The whole caller went in, in frames of 20 ms; his voice is what the agent got.
  const sent = Buffer.concat(agent.received);
  expect(agent.received.every(({ length }) => length === 640)).toBe(true);
  expect(sent.subarray(0, 1.6 * RATE)).toEqual(Buffer.from(bytesOf(tone(400, 800))));

  agent.received.length = 0;
  const again = await run(true, [wav, '--json', ...flags]);
  expect(again).toMatchObject({ exitCode: 0, err: '' });
  const report = JSON.parse(again.out) as Report;
  expect(report).toMatchObject({ ok: true, with: agent.url, saved: null, original: { count: 1 } });
  expect(report.turns).toHaveLength(1);
  const [turn] = report.turns;
  expect(turn?.deltaMs).toBe((turn?.latencyMs ?? 0) - (turn?.originalMs ?? 0));
  expect(Buffer.concat(agent.received).subarray(0, 1.6 * RATE)).toEqual(
    sent.subarray(0, 1.6 * RATE),
  );
});

it('calls as a phone', async () => {
  const heard: Int16Array[] = [];
  const callee = await Softphone.create({
    server: { host: '127.0.0.1', port: 9 },
    user: 'callee',
    onCall: (call) => {
      void call.answer({ play: tone(1000, 6000, 8000) });
      void call.ended.then(() => heard.push(call.recording.samples));
    },
  });
  closers.push(() => callee.close());
  const port = /:(\d+)/.exec(callee.contact.slice(5))?.[1] ?? '';
  const play = await wavFile('caller.wav', tone(400, 3000));
  const flags = ['--to', 'callee', '--server', `127.0.0.1:${port}`, '--seconds', '3', '--json'];
  const { exitCode, out, err } = await run(false, ['--play', play, '--out', folder, ...flags]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  const { saved } = JSON.parse(out) as Report;
  const { sampleRate, channels } = readWav(await readFile(`${saved ?? ''}.wav`));
  expect(sampleRate).toBe(8000);
  const [caller = new Int16Array(), callee1 = new Int16Array()] = channels;
  expect(toneLevel(caller.slice(2000, 10_000), 8000, 400)).toBeGreaterThan(0.1);
  expect(toneLevel(callee1.slice(2000, 10_000), 8000, 1000)).toBeGreaterThan(0.1);
  await expect.poll(() => heard.length).toBe(1);
  expect(toneLevel(heard[0]?.slice(2000, 10_000) ?? new Int16Array(), 8000, 400)).toBeGreaterThan(
    0.2,
  );
});

it('Ctrl-C ends it, and what there is by then is kept', async () => {
  const agent = await startAgent();
  const stop = new AbortController();
  const running = run(false, ['--agent', agent.url, '--out', folder, '--json'], stop.signal);
  await expect.poll(() => agent.received.length).toBeGreaterThan(10);
  stop.abort();
  const { exitCode, out } = await running;
  const report = JSON.parse(out) as Report;
  expect([exitCode, report.ok, report.exitCode]).toEqual([130, false, 130]);
  expect((await readdir(folder)).length).toBe(2);
});

it.each([
  ['no recording', true, [], 2, 'BAD_FLAG'],
  ['a recording that is not there', true, ['nowhere.wav'], 2, 'BAD_WAV'],
  ['a file for record', false, ['x.wav'], 2, 'BAD_FLAG'],
  ['an unknown flag', false, ['--sideways'], 2, 'BAD_FLAG'],
  ['an agent that is not there', false, ['--agent', 'ws://127.0.0.1:9/x'], 4, 'AGENT_UNREACHABLE'],
] as const)('says what is wrong with %s', async (_what, isReplay, argv, exitCode, code) => {
  const result = await run(isReplay, [...argv, '--json']);
  expect(result.exitCode).toBe(exitCode);
  expect(result.err).toMatch(new RegExp(`^${code}: `));
  expect(JSON.parse(result.out)).toMatchObject({ ok: false, exitCode, error: { code } });
});

it('explains itself', async () => {
  expect(await run(true, ['--help'])).toEqual({ exitCode: 0, out: 'the help\n', err: '' });
});
