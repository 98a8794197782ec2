import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoAgent, type DemoAgent } from '../../../agent/demo/demo-agent.ts';
import { loadGreeting } from '../../../agent/demo/greeting.ts';
import { parseTalky, talkyUrl } from '../../../agent/dialects/talky.ts';
import type { AgentEvent } from '../../../agent/dialects/types.ts';
import { compare } from '../../../audio/compare.ts';
import { PcmDecoder } from '../../../audio/pcm.ts';
import { Resampler } from '../../../audio/resampler.ts';
import { readWav } from '../../../audio/wav.ts';
import { BridgeError } from '../../../common/errors.ts';

const QUERY = { tenant_id: 'demo', campaign_id: 'demo', lead_id: 'demo' };
const FRAME = 320;

let agent: DemoAgent;
const clients: Client[] = [];

beforeEach(async () => {
  agent = await startDemoAgent({ host: '127.0.0.1', port: 0, record: true });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.terminate();
  await agent.close();
});

/** A client that keeps all it hears in the order in which it came. */
class Client {
  readonly socket: WebSocket;
  readonly heard: (AgentEvent | Uint8Array)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #waiting: (() => void)[] = [];

  constructor(id: string, query: Record<string, string> = QUERY) {
    this.socket = new WebSocket(talkyUrl(agent.url, id, query));
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.heard.push(isBinary ? new Uint8Array(data) : parseTalky(data.toString()));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    clients.push(this);
  }

  get events(): AgentEvent[] {
    return this.heard.filter((item): item is AgentEvent => !(item instanceof Uint8Array));
  }

  get chunks(): Uint8Array[] {
    return this.heard.filter((item) => item instanceof Uint8Array);
  }

  get audio(): Int16Array {
    const decoder = new PcmDecoder('s16le');
    return Int16Array.from(this.chunks.flatMap((chunk) => [...decoder.push(chunk)]));
  }

  async open(): Promise<this> {
    if (this.socket.readyState === WebSocket.OPEN) return this;
    await new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    return this;
  }

  /** Resolves once an event of that type has come, `count` times. */
  async event(type: AgentEvent['type'], count = 1): Promise<AgentEvent> {
    for (;;) {
      const found = this.events.filter((event) => event.type === type)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Sends audio as frames of 20 ms, at once: the agent counts time by samples. */
  speak(samples: Int16Array): void {
    for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
      this.socket.send(Uint8Array.from(new Uint8Array(samples.slice(at, at + FRAME).buffer)));
    }
  }

  silence(ms: number): void {
    this.speak(new Int16Array(ms * 16));
  }
}

/** The bundled caller at 16 kHz. */
async function callerVoice(): Promise<Int16Array> {
  const file = new URL('../../../agent/demo/caller.wav', import.meta.url);
  const wav = readWav(await readFile(file));
  expect(wav.sampleRate).toBe(8000);
  const [voice = new Int16Array()] = wav.channels;
  return new Resampler({ from: 8000, to: 16_000 }).process(voice).slice();
}

/** “Hello?”: what the caller says in the first 0.8 s. */
async function hello(): Promise<Int16Array> {
  return (await callerVoice()).subarray(0, 16_000 * 0.8);
}

describe('a turn', () => {
  it('is answered with the caller’s own words', async () => {
    const client = await new Client('call-1').open();
    const voice = await hello();
    client.speak(voice);
    client.silence(400);
    await client.event('turn_complete');

    const { correlation, snrDb, gainDb } = compare(voice, client.audio);
    expect(correlation).toBeGreaterThanOrEqual(0.999);
    expect(snrDb).toBeGreaterThan(60);
    expect(Math.abs(gainDb)).toBeLessThan(0.01);
    expect(client.audio.length / 16_000).toBeGreaterThan(0.5);
    expect(client.audio.length / 16_000).toBeLessThan(0.8);
  });

  it('tells its events in order, the answer’s audio between response and completion', async () => {
    const client = await new Client('call-1').open();
    client.speak(await hello());
    client.silence(400);
    await client.event('turn_complete');

    const order = client.heard.map((item) => (item instanceof Uint8Array ? 'audio' : item.type));
    expect(order.filter((item, i) => item !== order[i - 1])).toEqual([
      'transcript',
      'llm_response',
      'audio',
      'turn_complete',
    ]);
    const transcripts = client.events.filter((event) => event.type === 'transcript');
    expect(transcripts.map(({ final }) => final)).toEqual([false, true]);
    expect(transcripts[0]?.text).toBe('Utterance 1, 0.4 s');
    expect(transcripts[1]?.text).toMatch(/^Utterance 1, 0\.[4-6] s$/);
    const turn = await client.event('turn_complete');
    expect(turn).toMatchObject({ type: 'turn_complete' });
    if (turn.type !== 'turn_complete') throw new Error('unreachable');
    expect(turn.totalLatencyMs).toBeGreaterThanOrEqual(295);
    expect(turn.totalLatencyMs).toBeGreaterThanOrEqual(turn.llmLatencyMs ?? Infinity);
  });

  it('is sent in chunks of odd sizes that split samples', async () => {
    const client = await new Client('call-1').open();
    client.speak(await hello());
    client.silence(400);
    await client.event('turn_complete');
    expect(client.chunks.some(({ length }) => length % 2 === 1)).toBe(true);
    expect(new Set(client.chunks.map(({ length }) => length)).size).toBeGreaterThan(3);
  });

  it('is recorded for whoever tests with it', async () => {
    const before = performance.now();
    const client = await new Client('call:1 ü').open();
    const voice = await hello();
    client.speak(voice);
    client.silence(400);
    await client.event('turn_complete');

    const [session] = agent.sessions;
    expect(session?.id).toBe('call:1 ü');
    expect(session?.query.get('lead_id')).toBe('demo');
    expect(session?.frames).toBe(60);
    const received = session?.received ?? [];
    expect(received.flatMap(({ samples }) => [...samples]).slice(0, voice.length)).toEqual([
      ...voice,
    ]);
    expect(received.every(({ at }, i) => at >= (received[i - 1]?.at ?? before))).toBe(true);
    const answer = session?.answers[0];
    expect(answer?.samples).toEqual(client.audio);
    expect(answer?.sentAt).toBeGreaterThanOrEqual(answer?.startedAt ?? Infinity);
  });
});

describe('a greeting', () => {
  it('is the first that a caller hears, and can be spoken over', async () => {
    await agent.close();
    const greeting = await loadGreeting();
    agent = await startDemoAgent({ host: '127.0.0.1', port: 0, greeting });
    const client = await new Client('call-1').open();
    const said = await client.event('llm_response');
    expect(said).toMatchObject({ text: 'Hello! Say something, and I will repeat it.' });
    await client.event('turn_complete');
    const voice = new Resampler({ from: 8000, to: 16_000 }).process(greeting.samples).slice();
    const { correlation } = compare(voice, client.audio);
    expect(correlation).toBeGreaterThan(0.999);
    client.speak(await hello());
    await client.event('barge_in');
  });
});

describe('speaking over an answer', () => {
  it('cuts it and says so', async () => {
    const client = await new Client('call-1').open();
    const voice = await callerVoice();
    // The third utterance takes 2.2 s to hear again; a word comes right after its answer begins.
    client.speak(voice.subarray(16_000 * 4));
    client.silence(400);
    await client.event('turn_complete');
    client.speak(voice.subarray(0, 16_000));
    const event = await client.event('barge_in');

    expect(event).toMatchObject({ message: 'The caller spoke over the answer.' });
    const [session] = agent.sessions;
    expect(session?.bargeIns).toBe(1);
    expect(session?.answers[0]?.interruptedAt).toBeGreaterThan(
      session?.answers[0]?.sentAt ?? Infinity,
    );
  });

  it('is nothing to a caller who waits', async () => {
    const client = await new Client('call-1').open();
    const voice = await hello();
    client.speak(voice);
    client.silence(400);
    await client.event('turn_complete');
    // The answer lasts 0.7 s; the next word comes later than that.
    await new Promise((resolve) => setTimeout(resolve, 900));
    client.speak(voice);
    client.silence(400);
    await client.event('turn_complete', 2);
    expect(client.events.some(({ type }) => type === 'barge_in')).toBe(false);
  });
});

describe('the contract’s hard edges', () => {
  it('accepts, explains and closes with 4000 when parameters are missing', async () => {
    const client = await new Client('call-1', { tenant_id: 'demo', lead_id: '' }).open();
    expect(await client.closed).toMatchObject({ code: 4000 });
    expect(client.events).toEqual([
      { type: 'error', message: 'Missing required query parameters: campaign_id, lead_id' },
    ]);
    expect(agent.sessions).toHaveLength(0);
  });

  it('ends the session at the first text frame', async () => {
    const client = await new Client('call-1').open();
    client.socket.send('{"type":"ping"}');
    client.socket.send(new Uint8Array(640));
    expect((await client.closed).code).toBe(1000);
    expect(client.events).toMatchObject([{ type: 'call_ended', outcome: 'text_frame' }]);
    expect(agent.sessions[0]?.frames).toBe(0);
  });

  it('drops frames of a wrong length without a word, and counts them', async () => {
    const client = await new Client('call-1').open();
    for (const length of [0, 1, 318, 319, 641, 32_002, 100_000]) {
      client.socket.send(new Uint8Array(length));
    }
    for (const length of [320, 640, 32_000]) client.socket.send(new Uint8Array(length));
    client.speak(await hello());
    client.silence(400);
    await client.event('turn_complete');
    expect(agent.sessions[0]).toMatchObject({ droppedFrames: 7, frames: 63 });
    expect(client.events.some(({ type }) => type === 'error')).toBe(false);
  });

  it('refuses other paths at the handshake', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${agent.port}/ws/voice/call-1?tenant_id=1`);
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('403');
  });

  it('sends heartbeats to a client that is idle', async () => {
    const other = await startDemoAgent({ host: '127.0.0.1', port: 0, heartbeatMs: 30 });
    const socket = new WebSocket(talkyUrl(other.url, 'call-1', QUERY));
    const text = await new Promise<string>((resolve) => {
      socket.once('message', (data: Buffer) => resolve(data.toString()));
    });
    expect(parseTalky(text)).toEqual({ type: 'heartbeat' });
    await other.close();
  });
});

it('serves several calls at once, each with its own words', async () => {
  const voice = await callerVoice();
  const parts = [voice.subarray(0, 12_800), voice.subarray(16_000 * 2, 16_000 * 3.7)];
  const callers = await Promise.all(parts.map((_, i) => new Client(`call-${i}`).open()));
  callers.forEach((client, i) => {
    client.speak(parts[i] ?? new Int16Array());
    client.silence(400);
  });
  await Promise.all(callers.map((client) => client.event('turn_complete')));
  callers.forEach((client, i) => {
    expect(compare(parts[i] ?? new Int16Array(), client.audio).correlation).toBeGreaterThan(0.999);
  });
});

it('sends an answer live when bursts are off', async () => {
  const live = await startDemoAgent({ host: '127.0.0.1', port: 0, burst: false });
  const socket = new WebSocket(talkyUrl(live.url, 'call-1', QUERY));
  await new Promise((resolve) => socket.once('open', resolve));
  const voice = await hello();
  for (let at = 0; at < voice.length; at += FRAME) socket.send(voice.slice(at, at + FRAME));
  for (let i = 0; i < 20; i++) socket.send(new Int16Array(FRAME));
  await new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary && parseTalky(data.toString()).type === 'turn_complete') resolve();
    });
  });
  const [answer] = live.sessions[0]?.answers ?? [];
  const sendingMs = (answer?.sentAt ?? 0) - (answer?.startedAt ?? 0);
  expect(sendingMs).toBeGreaterThan(((answer?.samples.length ?? 0) / 16) * 0.9);
  await live.close();
});

describe('closing', () => {
  it('says goodbye to every session and is idempotent', async () => {
    const client = await new Client('call-1').open();
    await Promise.all([agent.close(), agent.close()]);
    expect(await client.closed).toEqual({ code: 1001, reason: 'agent_stopped' });
    expect(client.events).toMatchObject([{ type: 'call_ended', outcome: 'agent_stopped' }]);
    expect(agent.sessions[0]?.closed?.code).toBe(1001);
  });

  it('does not wait for clients that never answer', async () => {
    const client = await new Client('call-1').open();
    client.socket.pause();
    await agent.close();
  });

  it('names the port when it is taken', async () => {
    const error: unknown = await startDemoAgent({ host: '127.0.0.1', port: agent.port }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(BridgeError);
    expect(error).toMatchObject({ code: 'PORT_IN_USE' });
  });
});
