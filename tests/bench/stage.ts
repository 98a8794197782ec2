/**
 * What a call needs, started for one engine: the bridge as a process of its own, the page in a real
 * browser, the phone and the agent here.
 */
import { chromium, type Browser, type Page } from 'playwright';
import { BROWSER_ARGS, findBrowser } from '../../server/browser.ts';
import type { OutgoingCall } from '../../softphone/outgoing-call.ts';
import { Softphone, type CallOptions } from '../../softphone/softphone.ts';
import { BROWSER, missing } from '../setup/programs.ts';
import { BridgeProcess } from '../support/bridge-process.ts';
import { ENGINES, type EngineKind, type TestEngine } from '../support/rtpengine.ts';
import { TestAgent, type AgentSession } from '../support/test-agent.ts';
import type { MediaCounters } from '../../web/media/report.ts';
import type { EngineName } from './result.ts';
import type { BenchRun } from './suite.ts';

const RTPENGINE_PORTS = { portMin: 27_000, portMax: 27_999 };

/** What a suite starts is stopped in the reverse order, whatever happens. */
export class Stack {
  readonly #stops: (() => Promise<unknown>)[] = [];

  push(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}

export class Stage {
  readonly agent: TestAgent;
  readonly bridge: BridgeProcess;
  readonly browser: Browser;
  readonly page: Page;
  readonly phone: Softphone;

  private constructor(parts: Pick<Stage, 'agent' | 'bridge' | 'browser' | 'page' | 'phone'>) {
    this.agent = parts.agent;
    this.bridge = parts.bridge;
    this.browser = parts.browser;
    this.page = parts.page;
    this.phone = parts.phone;
  }

  static async open(engine: EngineName, stack: Stack): Promise<Stage> {
    const agent = await TestAgent.start();
    stack.push(() => agent.close());
    let external: TestEngine | undefined;
    if (engine === 'rtpengine') {
      external = await kindOf(engine).start(RTPENGINE_PORTS);
      const started = external;
      stack.push(() => started.close());
    }
    const bridge = await BridgeProcess.start({
      agentUrl: agent.url,
      // For held-heap.ts; without a signal it starts nothing.
      env: { NODE_OPTIONS: '--inspect-port=0' },
      ...(external && { rtpengine: `${external.host}:${external.ngPort}` }),
    });
    stack.push(() => bridge.stop());
    const executablePath = findBrowser();
    const browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: [...BROWSER_ARGS],
    });
    stack.push(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${bridge.url}/?start`);
    await bridge.until(
      'the page is registered',
      ({ registrations }) => registrations.some(({ kind }) => kind === 'page'),
      20_000,
    );
    const phone = await Softphone.create({
      server: await bridge.phoneServer(),
      user: 'agent001',
      password: 'any',
    });
    stack.push(() => phone.close());
    await phone.register();
    return new Stage({ agent, bridge, browser, page, phone });
  }

  /** Both ends of a call that has been answered. */
  async call(
    options: Omit<CallOptions, 'to' | 'codecs'>,
    phone = this.phone,
  ): Promise<{ call: OutgoingCall; session: AgentSession }> {
    const call = await phone.call({ to: '1000', codecs: ['pcmu'], ...options });
    await call.answered;
    return { call, session: await this.#sessionOf(call.callId) };
  }

  /** What the page knows of a call: its counters, and when it was answered, on our clock. */
  async seenByPage(
    callId: string,
  ): Promise<{ readonly counters: MediaCounters; readonly answeredAt: number }> {
    const seen = await this.page.evaluate<{ counters: MediaCounters; answered: number }>(
      `(({ counters, answeredAt }) => ({ counters, answered: answeredAt.getTime() }))(
        bridge.calls.find(({ id }) => id === ${JSON.stringify(callId)}))`,
    );
    return { counters: seen.counters, answeredAt: seen.answered - performance.timeOrigin };
  }

  async idle(): Promise<void> {
    await this.bridge.until('no call is left', ({ calls }) => calls.length === 0);
  }

  async #sessionOf(id: string): Promise<AgentSession> {
    const found = () => this.agent.sessions.find((session) => session.id === id);
    await until('the agent is called', () => found() !== undefined);
    const session = found();
    if (!session) throw new Error('the agent was not called');
    return session;
  }
}

/** Runs `body` once per engine that was asked for and is installed, on a stage of its own. */
export async function onEachEngine(
  { engines, note, say }: BenchRun,
  body: (stage: Stage, engine: EngineName) => Promise<void>,
): Promise<void> {
  const noBrowser = missing(BROWSER);
  if (noBrowser !== undefined) {
    note(noBrowser);
    return;
  }
  for (const engine of installed(engines, note)) {
    say(engine);
    const stack = new Stack();
    try {
      await body(await Stage.open(engine, stack), engine);
    } finally {
      await stack.close();
    }
  }
}

export function installed(
  engines: readonly EngineName[],
  note: BenchRun['note'],
): readonly EngineName[] {
  return engines.filter((engine) => {
    const reason = kindOf(engine).missing;
    if (reason !== undefined) note(`Not measured with ${engine}: ${reason}.`);
    return reason === undefined;
  });
}

export function kindOf(name: EngineName): EngineKind {
  const kind = ENGINES.find((candidate) => candidate.name === name);
  if (!kind) throw new Error(`no engine is called ${name}`);
  return kind;
}

/** Looked at every 5 ms: for waiting, never for measuring. */
export async function until(what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
