/**
 * What an end-to-end test stands on: the bridge as `npm start` runs it (a process of its own), an
 * agent under the test's control, the page in a real browser, and a softphone. Every test gets
 * fresh ones, and fails when the bridge does not stop cleanly.
 */
import {
  expect,
  test as base,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright/test';
import { Softphone } from '../../softphone/softphone.ts';
import { BROWSER, missing } from '../setup/programs.ts';
import { BridgeProcess } from '../support/bridge-process.ts';
import { ENGINES, skipReason, type EngineKind, type TestEngine } from '../support/rtpengine.ts';
import { TestAgent } from '../support/test-agent.ts';

export interface EngineOption {
  engine: 'embedded' | 'rtpengine';
  /** How long the page lets a call ring. */
  ringMs: number;
  /** Audio codecs by preference; empty = as without the setting. */
  codecs: readonly string[];
  /** Settings of the bridge, as environment variables. */
  settings: Readonly<Record<string, string>>;
}

interface Fixtures {
  /** What pages have written or thrown that they must not; none, at the end of every test. */
  complaints: string[];
  /** A page of a context of its own beside `page`, watched as that is, and closed with the test. */
  newPage: (options?: BrowserContextOptions) => Promise<Page>;
  agent: TestAgent;
  bridge: BridgeProcess;
  /** The page, opened, started and registered; `?start` unless told. */
  openPage: (search?: string) => Promise<Page>;
  phone: Softphone;
}

interface WorkerFixtures {
  /** host:port of a running rtpengine; undefined for the embedded engine. */
  rtpengine: (engine: EngineOption['engine']) => Promise<string | undefined>;
}

export const test = base.extend<Fixtures & EngineOption, WorkerFixtures>({
  engine: ['embedded', { option: true }],
  ringMs: [0, { option: true }],
  codecs: [[], { option: true }],
  settings: [{}, { option: true }],

  rtpengine: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants an object pattern here
    async ({}, use) => {
      let running: TestEngine | undefined;
      await use(async (name) => {
        if (name === 'embedded') return undefined;
        running ??= await kindOf(name).start({ portMin: 28_000, portMax: 28_999 });
        return `${running.host}:${running.ngPort}`;
      });
      await running?.close();
    },
    { scope: 'worker' },
  ],

  // eslint-disable-next-line no-empty-pattern -- Playwright wants an object pattern here
  agent: async ({}, use) => {
    const agent = await TestAgent.start();
    await use(agent);
    await agent.close();
  },

  bridge: async ({ agent, engine, ringMs, codecs, settings, rtpengine }, use, info) => {
    const reason = missing(BROWSER) ?? skipReason(kindOf(engine));
    test.skip(reason !== undefined, reason);
    const address = await rtpengine(engine);
    const drachtio = process.env['TEST_DRACHTIO'];
    const bridge = await BridgeProcess.start({
      agentUrl: agent.url,
      ringMs,
      ...(codecs.length > 0 && { codecs }),
      settings,
      ...(address !== undefined && { rtpengine: address }),
      ...(drachtio !== undefined && { drachtio }),
    });
    await use(bridge);
    const calls = bridge.isRunning ? (await bridge.status()).calls : [];
    const code = await bridge.stop();
    if (info.status !== 'passed') {
      await info.attach('bridge', { body: bridge.output, contentType: 'text/plain' });
      process.stderr.write(bridge.output);
    }
    expect(calls, 'calls left behind').toEqual([]);
    expect(code, 'exit code of the bridge').toBe(0);
  },

  // In no test may a page complain; of what a test takes away, the browser itself does.
  // eslint-disable-next-line no-empty-pattern -- Playwright wants an object pattern here
  complaints: async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints, 'errors in the page').toEqual([]);
  },

  context: async ({ context, complaints }, use) => {
    listen(context, complaints);
    await use(context);
  },

  newPage: async ({ browser, complaints }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      listen(context, complaints);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },

  openPage: async ({ agent, bridge, page, settings }, use) => {
    let foreign: readonly string[] = [];
    await use(async (search = '?start') => {
      foreign = watchForeign(page, bridge.url);
      await page.goto(`${bridge.url}/${search}`);
      await bridge.until('the page is registered', ({ registrations }) =>
        registrations.some(({ kind }) => kind === 'page'),
      );
      return page;
    });
    const isDirect = settings['BRIDGE_AGENT_DIRECT'] === 'true';
    const uninvited = foreign.filter((url) => !(isDirect && url.startsWith(agent.url)));
    expect(uninvited, 'reaching beyond its own origin, or against its policy').toEqual([]);
  },

  phone: async ({ bridge }, use) => {
    const phone = await Softphone.create({
      server: await bridge.phoneServer(),
      user: 'agent001',
      password: 'any',
    });
    await phone.register();
    await use(phone);
    await phone.close();
  },
});

/** What the browser itself writes about connections that fail, and what `?debug` has asked for. */
const NO_COMPLAINT =
  /^(?:Failed to load resource|WebSocket connection to |\[(?:sip|media|agent)\] )|net::ERR_/;

/** Collects the errors of every page of a context, those that it opens itself included. */
function listen(context: BrowserContext, complaints: string[]): void {
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !NO_COMPLAINT.test(text)) complaints.push(text);
  });
}

/** Collects requests to other origins, and what the page's Content-Security-Policy has stopped. */
export function watchForeign(page: Page, url: string): readonly string[] {
  const found: string[] = [];
  const { host } = new URL(url);
  const note = (each: string) => {
    if (/^(?:http|ws)s?:/.test(each) && new URL(each).host !== host) found.push(each);
  };
  page.on('request', (request) => note(request.url()));
  page.on('websocket', (socket) => note(socket.url()));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) found.push(message.text());
  });
  return found;
}

function kindOf(name: EngineOption['engine']): EngineKind {
  const kind = ENGINES.find((candidate) => candidate.name === name);
  if (!kind) throw new Error(`no engine is called ${name}`);
  return kind;
}

export { expect };
