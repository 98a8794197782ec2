/**
 * The whole path in one process tree, on free ports: the bridge, the demo agent, a page in a
 * headless browser, and the softphone that dials it and speaks. What each side heard is compared
 * with what the other said.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { startDemoAgent, type DemoAgent } from '../../agent/demo/demo-agent.ts';
import { UtteranceCutter } from '../../agent/demo/utterance.ts';
import { concat } from '../../audio/concat.ts';
import { readWav } from '../../audio/wav.ts';
import { BridgeError } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import { Softphone } from '../../softphone/softphone.ts';
import { startBridge, type Bridge } from '../bridge.ts';
import { openBrowser } from '../browser.ts';
import { configSchema } from '../config/schema.ts';
import { optionsOf, type BridgeOptions } from '../options.ts';
import {
  measureAgentToCaller,
  measureCallerToAgent,
  type CallerToAgent,
  type Heard,
  type Piece,
} from './measure.ts';
import { DEMO_CALLER } from './caller.ts';

const SAMPLE_RATE = 8000;
const PAGE_TIMEOUT_MS = 20_000;
/** The agent waits for the end of an utterance, thinks, and its answer takes as long as it did. */
const PAUSE_AFTER_ANSWER_MS = 1200;
const MIN_CORRELATION = 0.95;
const MIN_FRAMES_PER_SECOND = 49.5;
const MAX_FRAMES_PER_SECOND = 50.5;

export interface DemoReport {
  readonly ok: boolean;
  readonly inviteTo200Ms: number;
  readonly callerToAgent: CallerToAgent;
  readonly agentToCaller: Heard;
  readonly engines: { readonly drachtio: string; readonly rtpengine: string };
  readonly errors: readonly string[];
}

export interface DemoOptions {
  readonly log: Log;
  /** What happens, for a person who waits. */
  readonly say: (step: string) => void;
  /** Ends it: what was started is stopped, and it fails with Interrupted. */
  readonly signal?: AbortSignal;
  readonly drachtio?: BridgeOptions['drachtio'];
  readonly rtpengines?: BridgeOptions['rtpengines'];
}

/** Somebody did not want to wait. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { log, say, drachtio, rtpengines, signal } = options;
  const interrupted = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Interrupted('Ended by Ctrl-C.')));
  });
  // It may come when nobody waits for it.
  interrupted.catch(() => undefined);
  const stack: (() => Promise<void>)[] = [];
  try {
    const agent = await startDemoAgent({ host: '127.0.0.1', port: 0, record: true, log });
    stack.push(() => agent.close());
    const bridge = await startBridge(
      {
        ...optionsOf(
          configSchema.parse({
            http: { port: 0 },
            sip: {
              server: { port: 0 },
              registrar: { file: 'none' },
              rtp: { port_range_start: 31_000, port_range_end: 31_199 },
            },
            agent: { url: agent.url, query: 'tenant_id=demo&campaign_id=demo&lead_id=demo' },
          }),
        ),
        ...(drachtio && { drachtio }),
        ...(rtpengines && { rtpengines }),
      },
      log,
    );
    stack.push(() => bridge.close());
    say(`the bridge runs, its page is ${bridge.url}`);

    const browser = await openBrowser(`${bridge.url}/?start`);
    stack.push(() => browser.close());
    await Promise.race([pageReady(bridge), interrupted]);
    say(`${browser.path} has opened the page and registered`);
    return await Promise.race([talk(bridge, agent, say, stack), interrupted]);
  } finally {
    for (const stop of stack.reverse()) await stop();
  }
}

async function talk(
  bridge: Bridge,
  agent: DemoAgent,
  say: (step: string) => void,
  stack: (() => Promise<void>)[],
): Promise<DemoReport> {
  const { samples: speech, pieces } = withPauses(await callerSpeech());
  const phone = await Softphone.create({
    server: addressOf(bridge.phone.server),
    user: bridge.phone.username,
    password: 'any',
  });
  stack.push(() => phone.close());
  await phone.register();

  const packetTimes: number[] = [];
  const call = await phone.call({
    to: '1000',
    play: speech,
    codecs: ['pcmu'],
    onPacketSent: (_sequence, _timestamp, timeMs) => packetTimes.push(timeMs),
  });
  await call.answered;
  const { startedMs, answeredMs = startedMs } = call.times;
  say(`1000 answered after ${Math.round(answeredMs - startedMs)} ms, the caller speaks`);
  await delay((speech.length / SAMPLE_RATE) * 1000 + PAUSE_AFTER_ANSWER_MS);
  await call.hangup();
  await phone.unregister();

  const session = agent.sessions.find(({ id }) => id === call.callId);
  const frames = (session?.received ?? []).map(({ at, samples }) => ({ timeMs: at, samples }));
  const answers = (session?.answers ?? [])
    .filter(({ interruptedAt }) => interruptedAt === undefined)
    .map(({ samples, startedAt }) => ({ samples, startedAtMs: startedAt }));
  const { engines } = bridge.status();
  const result = {
    inviteTo200Ms: Math.round(answeredMs - startedMs),
    callerToAgent: measureCallerToAgent(
      { samples: speech, law: 'pcmu', packetTimes, pieces },
      frames,
    ),
    agentToCaller: measureAgentToCaller(answers, call.recording),
    engines: { drachtio: engines.drachtio.kind, rtpengine: engines.rtpengine.kind },
  };
  const errors = complaints(result);
  return { ok: errors.length === 0, ...result, errors };
}

/** Why the voices did not really cross, in sentences; empty when they did. */
function complaints(result: Omit<DemoReport, 'ok' | 'errors'>): string[] {
  const { callerToAgent: up, agentToCaller: down } = result;
  const errors: string[] = [];
  if (up.frames === 0) errors.push('The agent received no audio.');
  else if (up.correlation < MIN_CORRELATION) {
    errors.push(`The agent heard something else than the caller said (${up.correlation}).`);
  }
  if (up.framesPerSecond < MIN_FRAMES_PER_SECOND || up.framesPerSecond > MAX_FRAMES_PER_SECOND) {
    errors.push(`The agent received ${up.framesPerSecond} frames a second instead of 50.`);
  }
  if (down.latencyMs.n === 0) errors.push('The phone received no answer of the agent.');
  else if (down.correlation < MIN_CORRELATION) {
    errors.push(`The phone heard something else than the agent said (${down.correlation}).`);
  }
  return errors;
}

async function pageReady(bridge: Bridge): Promise<void> {
  const deadline = Date.now() + PAGE_TIMEOUT_MS;
  while (!bridge.status().registrations.some(({ kind }) => kind === 'page')) {
    if (Date.now() > deadline) {
      throw new BridgeError('NO_PAGE', 'The browser did not open the page within 20 s.');
    }
    await delay(50);
  }
}

async function callerSpeech(): Promise<Int16Array> {
  const { channels } = readWav(await readFile(DEMO_CALLER));
  return channels[0] ?? new Int16Array(0);
}

/** The utterances of `speech`, each followed by time enough to hear it answered, and where each is. */
function withPauses(speech: Int16Array): { samples: Int16Array; pieces: readonly Piece[] } {
  const parts: Int16Array[] = [];
  const pieces: Piece[] = [];
  let at = 0;
  const cutter = new UtteranceCutter(SAMPLE_RATE, 400, {
    onStart: () => undefined,
    onProgress: () => undefined,
    onEnd: (samples) => {
      const pause = samples.length + (PAUSE_AFTER_ANSWER_MS * SAMPLE_RATE) / 1000;
      // Whole packets, so that each utterance begins with one.
      const quiet = new Int16Array(pause + 160 - ((samples.length + pause) % 160));
      parts.push(samples.slice(), quiet);
      pieces.push({ from: at, to: at + samples.length });
      at += samples.length + quiet.length;
    },
  });
  cutter.push(speech);
  cutter.push(new Int16Array(SAMPLE_RATE));
  return { samples: concat(parts), pieces };
}

function addressOf(server: string): { host: string; port: number } {
  const { hostname, port } = new URL(`sip://${server}`);
  return { host: hostname, port: Number(port) || 5060 };
}
