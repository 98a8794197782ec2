/**
 * Every dialect over a real socket: the page's own AgentSocket and AgentAudio on one end, a built-in
 * agent on the other.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { dialectOf, DIALECT_NAMES } from '../../../agent/dialects/registry.ts';
import { startModeAgent } from '../../../agent/mode-agent.ts';
import { MODES } from '../../../agent/modes/registry.ts';
import type { AgentEvent } from '../../../agent/dialects/types.ts';
import type { AgentServer } from '../../../agent/endpoint/server.ts';
import { runAgent } from '../../../agent/cli.ts';
import { compare } from '../../../audio/compare.ts';
import { Resampler } from '../../../audio/resampler.ts';
import type { DialectName } from '../../../common/api.ts';
import { AgentAudio } from '../../../web/media/agent-audio.ts';
import { AgentSocket, type SocketLike } from '../../../web/media/agent-socket.ts';

const TTS = { encoding: 's16le', sampleRate: 24_000 } as const;

let agent: AgentServer | undefined;
let client: Client | undefined;
const told: string[] = [];

afterEach(async () => {
  await client?.socket.close();
  await agent?.close();
  agent = client = undefined;
  told.length = 0;
});

async function start(mode: string, dialect: DialectName): Promise<Client> {
  const run = MODES.get(mode)?.run;
  if (run === undefined) throw new Error(`There is no mode ${mode}.`);
  const options = { run, host: '127.0.0.1', port: 0, dialect, tts: TTS };
  agent = await startModeAgent(options, (sentence) => told.push(sentence));
  client = new Client(agent.url, dialect);
  return client;
}

/** What the call worker does with an agent, less the clock and the browser. */
class Client {
  readonly socket: AgentSocket;
  readonly events: AgentEvent[] = [];
  readonly closes: number[] = [];
  readonly #audio: AgentAudio;
  readonly #sampleRate: number;
  #heard: number[] = [];
  #wake: (() => void) | undefined;

  constructor(base: string, name: DialectName) {
    const dialect = dialectOf(name);
    this.#sampleRate = dialect.input.sampleRate;
    this.#audio = new AgentAudio({
      output: dialect.output ?? TTS,
      hasStragglers: dialect.hasStragglers,
      write: (frame) => this.#heard.push(...frame),
      onOverflow: () => undefined,
    });
    this.#audio.schedule.start(0);
    this.#audio.open();
    this.socket = new AgentSocket({
      url: dialect.urlFor(base, 'a@b'),
      dialect,
      callId: 'a@b',
      name: 'test',
      holdFrames: 50,
      frameSamples: this.#sampleRate / 50,
      connect: (url) => {
        const socket = new WebSocket(url);
        socket.once('open', () => this.#wake?.());
        return socket as unknown as SocketLike;
      },
      explainClose: (code) => `${(this.closes.push(code), code)}`,
      onBinary: (bytes) => this.#receive(bytes),
      onText: (text) => this.#receive(text),
      onStatus: () => this.#wake?.(),
      now: () => 0,
      random: () => 0,
    });
  }

  speak(samples: Int16Array): void {
    const size = this.#sampleRate / 50;
    for (let at = 0; at + size <= samples.length; at += size) {
      this.socket.send(samples.subarray(at, at + size));
    }
  }

  /** All the caller hears, at 8 kHz, once so much has come. */
  async heard(samples: number): Promise<Int16Array> {
    await this.until(() => this.#audio.queue.queuedSamples + this.#heard.length >= samples);
    for (let now = 0; this.#audio.queue.queuedSamples > 0; now += 20) this.#audio.pump(now);
    return Int16Array.from(this.#heard);
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #receive(message: Uint8Array | string): void {
    const { audio, event, reply } = this.socket.session.receive(message);
    if (audio !== undefined) this.#audio.push(audio, 0);
    if (event !== undefined) this.events.push(event);
    if (event?.type === 'session_started') {
      if (event.output !== undefined) this.#audio.setOutput(event.output);
      this.socket.greeted();
    }
    if (event?.type === 'mark') {
      const { name } = event;
      this.#audio.whenHeard(() =>
        this.socket.say({ type: 'played', ...(name !== undefined && { mark: name }) }),
      );
    }
    this.socket.reply(reply);
    this.#wake?.();
  }
}

/** A second of a chirp from 300 to 2300 Hz, at 8 kHz: it resembles itself at one place only. */
const voice = Int16Array.from({ length: 8_000 }, (_, i) => {
  const t = i / 8_000;
  return Math.round(12_000 * Math.sin(2 * Math.PI * (300 * t + 1_000 * t * t)));
});

describe.each(DIALECT_NAMES)('%s', (name) => {
  it('brings the caller’s voice to an echo and back', async () => {
    const caller = await start('echo', name);
    const { sampleRate } = dialectOf(name).input;
    caller.speak(new Resampler({ from: 8_000, to: sampleRate }).process(voice));
    const heard = await caller.heard(7_900);
    const { correlation, gainDb } = compare(voice.subarray(0, 7_500), heard);
    expect(correlation).toBeGreaterThan(0.999);
    expect(Math.abs(gainDb)).toBeLessThan(0.1);
    expect(caller.socket.session.badFrames).toBe(0);
  });

  it('ends the call so that the agent knows', async () => {
    const caller = await start('log', name);
    caller.speak(new Int16Array(3_200));
    await caller.until(() => caller.socket.isOpen && caller.socket.framesSent > 0);
    await caller.socket.close();
    await agent?.close();
    const dialectHasEnd = ['talky-ready', 'json-base64', 'twilio-media-streams'].includes(name);
    expect(told.some((line) => line.endsWith(': end'))).toBe(dialectHasEnd);
    expect(told.at(-1)).toBe('call 1: closed with 1000 after 0 bytes of answer');
  });
});

describe('marks', () => {
  it.each(['talky-ready', 'twilio-media-streams'] as const)(
    'are answered once the caller has heard the answer (%s)',
    async (name) => {
      const caller = await start('tone', name);
      await caller.until(() => caller.events.some(({ type }) => type === 'mark'));
      const sent: string[] = [];
      const say = caller.socket.say.bind(caller.socket);
      caller.socket.say = (control) => {
        sent.push(control.type);
        say(control);
      };
      expect(sent).toEqual([]);
      expect((await caller.heard(8_000)).length).toBeGreaterThanOrEqual(8_000);
      expect(sent).toEqual(['played']);
    },
  );
});

describe('the command line', () => {
  it('tells how to reach it, and stops without a trace', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const io = {
      stdout: { write: (text: string) => lines.push(text) },
      stderr: { write: (text: string) => lines.push(text) },
      interrupt: stop.signal,
    };
    const exit = runAgent(['--port', '0', '--mode', 'tone', '--tts', 'f32le@24000'], io);
    while (lines.length < 3) await new Promise((resolve) => setImmediate(resolve));
    const url = /--agent (\S+)/.exec(lines.join(''))?.[1] ?? '';
    expect(lines.join('')).toContain('--agent-output auto@24000');
    const socket = new WebSocket(`${url}/x`);
    const first = await new Promise<Buffer>((resolve) => socket.once('message', resolve));
    expect(first.length).toBe(24_000 * 4);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    stop.abort();
    expect(await exit).toBe(0);
    expect(await closed).toBe(1001);
  });

  it.each([
    [['--mode', 'x'], 'BAD_FLAG: --mode x: expected one of demo, echo'],
    [['--dialect', 'x'], 'BAD_FLAG: --dialect x: expected one of talky, talky-ready'],
    [['--tts', 'mp3'], 'BAD_FLAG: --tts mp3: expected s16le or f32le'],
    [['--tts', 's16le@11'], 'BAD_FLAG: --tts s16le@11: expected'],
    [['--port', '-1'], 'BAD_FLAG: '],
    [['x'], 'BAD_FLAG: '],
  ])('%j is refused with a sentence', async (argv, message) => {
    const lines: string[] = [];
    const write = (text: string) => lines.push(text);
    expect(await runAgent(argv, { stdout: { write }, stderr: { write } })).toBe(2);
    expect(lines.join('')).toContain(message);
  });
});
