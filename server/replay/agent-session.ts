/**
 * A session with an agent without any phone: the caller's voice goes in at its own pace, in the frames
 * of the dialect, and what comes back is put onto the caller's clock.
 */
import { WebSocket } from 'ws';
import { dialectOf } from '../../agent/dialects/registry.ts';
import type { AgentEvent, AudioFormat, DialectSession } from '../../agent/dialects/types.ts';
import type { AgentSettings } from '../../agent/settings.ts';
import { PcmDecoder } from '../../audio/pcm.ts';
import { Resampler } from '../../audio/resampler.ts';
import { BridgeError } from '../../common/errors.ts';
import { Pacer } from '../../softphone/pacer.ts';
import type { AgentTarget } from '../agents.ts';
import { connectAgent } from '../http/agent-connection.ts';
import { atRate, type Conversation, type ConversationEvent } from './conversation.ts';
import { VoiceTape } from './voice-tape.ts';

export interface AgentSessionOptions {
  readonly callId: string;
  readonly target: AgentTarget;
  readonly settings: Pick<AgentSettings, 'dialect' | 'output' | 'frameMs'>;
  readonly voice: { readonly sampleRate: number; readonly samples: Int16Array };
  readonly durationMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly onProgress: (ms: number) => void;
}

/** An agent that has to speak first is not waited for any longer. */
const GREETING_MS = 5000;
const CLOSE_MS = 2000;

/** @throws BridgeError AGENT_UNREACHABLE, AGENT_REFUSED */
export async function talkToAgent(options: AgentSessionOptions): Promise<Conversation> {
  const { target, settings, voice, durationMs, signal, onProgress, callId } = options;
  const dialect = dialectOf(settings.dialect);
  const { sampleRate } = dialect.input;
  const caller = atRate(voice.samples, voice.sampleRate, sampleRate);
  const session = dialect.start({ callId, attempt: 0 });
  const tape = new VoiceTape(sampleRate, durationMs);
  const events: ConversationEvent[] = [];
  const ear = new Ear(dialect.output ?? settings.output, sampleRate);
  let startedAt: number | undefined;
  const now = () => (startedAt === undefined ? 0 : performance.now() - startedAt);
  const note = (type: string, fields: object) => {
    events.push({ ...fields, ms: Math.round(now() * 10) / 10, type });
  };

  const socket = await opened(target, (message, binary) => {
    const received = session.receive(binary ? message : message.toString());
    if (received.audio) {
      note('audio', { bytes: received.audio.length });
      tape.push(ear.push(received.audio), now());
      return;
    }
    if (received.reply !== undefined) socket.send(received.reply);
    const { type, ...fields } = received.event;
    note(type, fields);
    if (type === 'barge_in') tape.cut(now());
    if (received.event.type === 'session_started') ear.retune(received.event);
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', (code, reason) => {
      note('closed', { code, reason: reason.toString() });
      resolve();
    });
  });
  try {
    for (const message of session.opening()) socket.send(message);
    if (dialect.greets) await greeted(events, closed, socket);
    startedAt = performance.now();
    const frame = { samples: (sampleRate * settings.frameMs) / 1000, ms: settings.frameMs };
    await Promise.race([
      closed,
      speak({ socket, session, caller, frame, durationMs, signal, onProgress }),
    ]);
  } finally {
    const bye = socket.readyState === WebSocket.OPEN ? session.control({ type: 'end' }) : undefined;
    if (bye !== undefined) socket.send(bye);
    socket.close(1000);
    const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
    await closed;
    clearTimeout(timer);
  }
  const whole = new Int16Array(tape.samples.length);
  whole.set(caller.subarray(0, whole.length));
  return { sampleRate, caller: whole, agent: tape.samples, events };
}

function opened(
  target: AgentTarget,
  onMessage: (message: Buffer, binary: boolean) => void,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectAgent(target, {
      onOpen: () => resolve(socket),
      onFailed: ({ code, message }) => reject(new BridgeError(code, message)),
    });
    // From the beginning: a greeting may come in the packet of the handshake.
    socket.on('message', (data, binary) => onMessage(data as Buffer, binary));
  });
}

async function greeted(
  events: readonly ConversationEvent[],
  closed: Promise<void>,
  socket: WebSocket,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const isHere = () => events.some(({ type }) => type === 'session_started');
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GREETING_MS)));
  const greeting = new Promise<void>((resolve) => {
    const look = () => {
      if (isHere()) resolve();
    };
    look();
    socket.on('message', look);
  });
  await Promise.race([greeting, late, closed]);
  clearTimeout(timer);
}

interface Speaking extends Pick<AgentSessionOptions, 'durationMs' | 'signal' | 'onProgress'> {
  readonly socket: WebSocket;
  readonly session: DialectSession;
  readonly caller: Int16Array;
  readonly frame: { readonly samples: number; readonly ms: number };
}

/** Silence follows the caller's voice: a phone sends it too. */
function speak(options: Speaking): Promise<void> {
  const { socket, session, caller, frame, durationMs, signal, onProgress } = options;
  return new Promise((resolve) => {
    const stop = () => {
      pacer.stop();
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const pacer = new Pacer({
      intervalMs: frame.ms,
      // Every word has to arrive, however late this machine is.
      maxCatchUp: Infinity,
      onTick: (slot) => {
        if (slot * frame.ms >= durationMs || socket.readyState !== WebSocket.OPEN) {
          stop();
          return;
        }
        const samples = new Int16Array(frame.samples);
        samples.set(caller.subarray(slot * frame.samples, (slot + 1) * frame.samples));
        const message = session.encode(samples);
        // A copy: what the dialect gives is good until the next frame.
        socket.send(typeof message === 'string' ? message : Buffer.from(bytesOf(message)));
        onProgress(slot * frame.ms);
      },
    });
    if (signal.aborted) {
      resolve();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    pacer.start();
  });
}

/** Bytes of the agent → samples at the session's rate; a greeting may say what they are. */
class Ear {
  readonly #rate: number;
  #format: AgentSettings['output'];
  #decoder: PcmDecoder;
  #resampler: Resampler | undefined;

  constructor(format: AgentSettings['output'], rate: number) {
    this.#rate = rate;
    this.#format = format;
    this.#decoder = new PcmDecoder(format.encoding);
    this.#resampler = resamplerFor(format.sampleRate, rate);
  }

  push(bytes: Uint8Array): Int16Array {
    const samples = this.#decoder.push(bytes);
    return this.#resampler ? Int16Array.from(this.#resampler.process(samples)) : samples.slice();
  }

  retune({ output }: Extract<AgentEvent, { readonly type: 'session_started' }>): void {
    if (output === undefined) return;
    this.#format = { ...this.#format, ...given(output) };
    this.#decoder = new PcmDecoder(this.#format.encoding);
    this.#resampler = resamplerFor(this.#format.sampleRate, this.#rate);
  }
}

function given({ encoding, sampleRate }: AudioFormat): Partial<AgentSettings['output']> {
  return { ...(encoding && { encoding }), ...(sampleRate !== undefined && { sampleRate }) };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function resamplerFor(from: number, to: number): Resampler | undefined {
  return from === to ? undefined : new Resampler({ from, to });
}
