/**
 * The page's media path in a real Chrome: product worker, real WebRTC, real WebSocket. The phone is a
 * second peer connection in the same page (media-harness.js), the agent a WebSocket server here.
 */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { decodeG711, encodeG711 } from '../../../audio/g711.ts';
import { Resampler } from '../../../audio/resampler.ts';
import { concat } from '../../../audio/concat.ts';
import { driftMs } from '../../support/pace.ts';

const CHROME = [
  process.env['CHROME_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => path !== undefined && existsSync(path));

if (CHROME === undefined && process.env['CI'] !== undefined) {
  throw new Error('No Chrome found: install one or set CHROME_PATH.');
}

const HARNESS = `/@fs${fileURLToPath(new URL('./media-harness.js', import.meta.url)).replace(/^(?!\/)/, '/')}`;

const AGENT = {
  path: '/ws/voice',
  name: 'test agent',
  dialect: 'talky',
  input: { sampleRate: 16_000, frameMs: 20 },
  output: { encoding: 's16le', sampleRate: 16_000 },
};

/** Everything the page sent on one agent socket. */
interface AgentSession {
  readonly socket: WebSocket;
  readonly path: string;
  readonly frames: Int16Array[];
  readonly times: number[];
  texts: number;
}

describe.skipIf(CHROME === undefined)(
  'media in Chrome (needs CHROME_PATH or an installed Chrome)',
  () => {
    let vite: ViteDevServer;
    let browser: Browser;
    let origin: string;
    let page: Page;
    let agent: WebSocketServer;
    let agentUrl: string;
    let sessions: AgentSession[];

    beforeAll(async () => {
      vite = await createServer({
        configFile: fileURLToPath(new URL('../../../vite.config.ts', import.meta.url)),
        root: fileURLToPath(new URL('../../../web', import.meta.url)),
        logLevel: 'error',
        server: { port: 0, host: '127.0.0.1', hmr: false, proxy: {} },
        plugins: [
          {
            name: 'blank-page',
            configureServer({ middlewares }) {
              middlewares.use('/blank', (_request, response) => {
                response
                  .setHeader('Content-Type', 'text/html')
                  .end('<!doctype html><title>t</title>');
              });
            },
          },
        ],
      });
      await vite.listen();
      const { port } = vite.httpServer?.address() as AddressInfo;
      origin = `http://127.0.0.1:${port}`;
      browser = await chromium.launch({
        ...(CHROME === undefined ? {} : { executablePath: CHROME }),
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--disable-background-networking',
        ],
      });
    });

    afterAll(async () => {
      await browser.close();
      await vite.close();
    });

    beforeEach(async () => {
      sessions = [];
      agent = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      agent.on('connection', (socket, request) => {
        const session: AgentSession = {
          socket,
          path: request.url ?? '',
          frames: [],
          times: [],
          texts: 0,
        };
        sessions.push(session);
        socket.on('message', (data: Buffer, isBinary) => {
          if (!isBinary) session.texts += 1;
          const copy = new Uint8Array(data);
          session.frames.push(new Int16Array(copy.buffer));
          session.times.push(performance.now());
        });
      });
      await new Promise((resolve) => agent.once('listening', resolve));
      agentUrl = `ws://127.0.0.1:${(agent.address() as AddressInfo).port}/ws/voice/a%20call`;
      page = await browser.newPage();
      await page.goto(`${origin}/blank`);
    });

    afterEach(async () => {
      await page.close();
      for (const client of agent.clients) client.terminate();
      await new Promise((resolve) => agent.close(resolve));
    });

    /** Starts a call in the page; later evaluations find it as `call`. */
    async function startCall(options: {
      packets?: readonly Uint8Array[];
      codec?: string;
    }): Promise<void> {
      const { packets = [], codec = 'audio/PCMU' } = options;
      const argument = JSON.stringify({
        agentUrl,
        agent: AGENT,
        codec,
        packets: packets.map((bytes) => [...bytes]),
      });
      await page.evaluate(
        `import(${JSON.stringify(HARNESS)}).then(async ({ startCall }) => {
        globalThis.call = await startCall(${argument});
      })`,
      );
    }

    async function endCall(): Promise<{ capture: string; heard: HeardPacket[] }> {
      return page.evaluate(
        `call.end().then(() => ({
        capture: call.capture,
        heard: call.heard.map(({ at, bytes }) => ({ at, bytes: [...bytes] })),
      }))`,
      );
    }

    function session(): AgentSession {
      const [first] = sessions;
      if (first === undefined) throw new Error('No session reached the agent.');
      return first;
    }

    test.each(['audio/PCMU', 'audio/PCMA'])(
      'the agent gets what the phone sent, sample for sample, 50 frames a second (%s)',
      async (codec) => {
        const law = codec === 'audio/PCMU' ? 'pcmu' : 'pcma';
        const packets = speechLikePackets(200, law);
        await startCall({ packets, codec });
        await until(() => (sessions[0]?.frames.length ?? 0) >= 150);
        const { capture } = await endCall();

        expect(capture).toBe('encoded');
        const { frames, times, texts, path } = session();
        expect(path).toBe('/ws/voice/a%20call');
        expect(texts).toBe(0);
        expect(new Set(frames.map(({ length }) => length))).toEqual(new Set([320]));
        expect(longestMatch(concat(frames), expectedAtAgent(packets, law))).toBeGreaterThan(
          320 * 100,
        );
        // 125 frames: one in twenty more or less would be 80 ms between their first and their last third.
        expect(Math.abs(driftMs(times.slice(25)))).toBeLessThan(80);
      },
    );

    test('the caller hears a burst of the agent whole, once and paced', async () => {
      await startCall({});
      await until(() => (sessions[0]?.frames.length ?? 0) >= 25);
      const burst = tone(16_000, 16_000, 440);
      // Split where no sample ends, as agents do.
      const bytes = Buffer.from(burst.buffer);
      session().socket.send(bytes.subarray(0, 9_999));
      session().socket.send(bytes.subarray(9_999));
      await until(async () => (await loudPackets()) >= 49 && (await quietPackets()) >= 10);
      const { heard } = await endCall();

      const loud = heard.filter(({ bytes: each }) => isLoud(each));
      expect(loud.length).toBeGreaterThanOrEqual(50);
      expect(loud.length).toBeLessThanOrEqual(52);
      const span = lastOf(loud).at - (loud[0]?.at ?? 0);
      // A second, give or take what a busy machine is late by; a burst would be there at once.
      expect(span).toBeGreaterThan(500);
      const decoded = concat(loud.map(({ bytes: each }) => decode(each)));
      const ideal = new Resampler({ from: 16_000, to: 8_000 }).process(burst).slice();
      expect(bestSnr(decoded, ideal)).toBeGreaterThan(30);
    });

    test('barge_in silences the agent at once', async () => {
      await startCall({});
      await until(() => (sessions[0]?.frames.length ?? 0) >= 25);
      session().socket.send(Buffer.from(tone(10 * 16_000, 16_000, 440).buffer));
      await until(async () => (await loudPackets()) >= 10);
      session().socket.send(JSON.stringify({ type: 'barge_in', message: 'x' }));
      const cutAt = Date.now();
      await until(async () => (await quietPackets()) >= 25);
      const { heard } = await endCall();
      const last = lastOf(heard.filter(({ bytes }) => isLoud(bytes)));
      // Ten seconds were queued; how soon it is quiet, the bench measures.
      expect(last.at - cutAt).toBeLessThan(5_000);
    });

    test('a dropped agent socket comes back with the same id while the call goes on', async () => {
      await startCall({ packets: speechLikePackets(400, 'pcmu') });
      await until(() => (sessions[0]?.frames.length ?? 0) >= 25);
      session().socket.close(1011, 'crashed');
      await until(() => (sessions[1]?.frames.length ?? 0) >= 25);
      expect(sessions[1]?.path).toBe('/ws/voice/a%20call');
      const states = await page.evaluate(
        `call.messages.filter(({ type }) => type === 'socket').map(({ socket }) => socket)`,
      );
      expect((states as unknown[]).slice(0, 3)).toMatchObject([
        { state: 'connecting' },
        { state: 'open' },
        { state: 'reconnecting', code: 'AGENT_CLOSED' },
      ]);
      await endCall();
    });

    test('without script transforms the track is read instead', async () => {
      await startCall({ codec: 'audio/opus' });
      await until(() => (sessions[0]?.frames.length ?? 0) >= 200);
      const { capture } = await endCall();
      expect(capture).toBe('track');
      const { frames, times } = session();
      expect(Math.abs(driftMs(times.slice(50)))).toBeLessThan(80);
      const samples = concat(frames.slice(100, 140));
      expect(toneShare(samples, 16_000, 1_000)).toBeGreaterThan(0.9);
    });

    /** How many packets of silence have come since the last that was none. */
    async function quietPackets(): Promise<number> {
      return page.evaluate(
        `call.heard.toReversed().findIndex(({ bytes }) => bytes.some((b) => (b & 0x7f) < 0x40))`,
      );
    }

    async function loudPackets(): Promise<number> {
      return page.evaluate(
        `call.heard.filter(({ bytes }) => bytes.some((b) => (b & 0x7f) < 0x40)).length`,
      );
    }
  },
);

interface HeardPacket {
  readonly at: number;
  readonly bytes: number[];
}

/** μ-law: the high bits are inverted, so loud means small. */
function isLoud(bytes: readonly number[]): boolean {
  return bytes.some((byte) => (byte & 0x7f) < 0x40);
}

function decode(bytes: readonly number[]): Int16Array {
  const out = new Int16Array(bytes.length);
  decodeG711('pcmu', Uint8Array.from(bytes), out);
  return out;
}

/** A chirp: no two packets alike, so that order and identity can be told. */
function speechLikePackets(count: number, law: 'pcmu' | 'pcma'): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => {
    const samples = new Int16Array(160);
    for (let i = 0; i < 160; i += 1) {
      const t = n * 160 + i;
      samples[i] = Math.round(9_000 * Math.sin(t * 0.05 + t * t * 0.00001));
    }
    const bytes = new Uint8Array(160);
    encodeG711(law, samples, bytes);
    return bytes;
  });
}

function expectedAtAgent(packets: readonly Uint8Array[], law: 'pcmu' | 'pcma'): Int16Array {
  const resampler = new Resampler({ from: 8_000, to: 16_000 });
  return concat(
    packets.map((bytes) => {
      const samples = new Int16Array(bytes.length);
      decodeG711(law, bytes, samples);
      return resampler.process(samples).slice();
    }),
  );
}

/** Samples in a row that are the same in both, from where `expected` is first seen in `actual`. */
function longestMatch(actual: Int16Array, expected: Int16Array): number {
  // Somewhere past the beginning: the first packets may have been sent before the connection stood.
  const probeAt = 320 * 40;
  for (let at = 0; at + 64 < actual.length; at += 1) {
    let same = 0;
    while (same < 64 && actual[at + same] === expected[probeAt + same]) same += 1;
    if (same < 64) continue;
    let end = 64;
    while (at + end < actual.length && actual[at + end] === expected[probeAt + end]) end += 1;
    return end;
  }
  return 0;
}

function tone(count: number, rate: number, hertz: number): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(count);
  for (let i = 0; i < count; i += 1) {
    samples[i] = Math.round(9_000 * Math.sin((2 * Math.PI * hertz * i) / rate));
  }
  return samples;
}

/** SNR in dB of the middle of `ideal` at its best alignment in `actual`. */
function bestSnr(actual: Int16Array, ideal: Int16Array): number {
  const from = 800;
  const count = 6_000;
  let best = -Infinity;
  for (let lag = 0; lag + from + count <= actual.length; lag += 1) {
    let signal = 0;
    let noise = 0;
    for (let i = 0; i < count; i += 1) {
      const wanted = ideal[from + i] ?? 0;
      signal += wanted ** 2;
      noise += (wanted - (actual[lag + i] ?? 0)) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(signal / Math.max(1, noise)));
  }
  return best;
}

/** The part of the energy that is at one frequency. */
function toneShare(samples: Int16Array, rate: number, hertz: number): number {
  let re = 0;
  let im = 0;
  let energy = 0;
  samples.forEach((sample, i) => {
    const angle = (2 * Math.PI * hertz * i) / rate;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
    energy += sample ** 2;
  });
  return (2 * (re ** 2 + im ** 2)) / samples.length / energy;
}

function lastOf<T>(items: readonly T[]): T {
  const last = items.at(-1);
  if (last === undefined) throw new Error('Nothing was collected.');
  return last;
}

async function until(condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`Still not true after ${ms} ms: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
