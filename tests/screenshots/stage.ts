/** What a picture is taken of: a bridge, the page in a browser, a phone that speaks. */
import { chromium, type Browser, type Page } from 'playwright';
import { BROWSER_ARGS, findBrowser } from '../../server/browser.ts';
import type { Status } from '../../common/api.ts';
import { Softphone } from '../../softphone/softphone.ts';
import { BridgeProcess, type BridgeFlags } from '../support/bridge-process.ts';
import type { Scheme } from './camera.ts';

/** Patience for a machine that has much else to do. */
const PATIENCE_MS = 60_000;

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: Scheme;
  /** An interface that this browser has not. */
  readonly lacks?: string;
}

export class Stage {
  readonly bridge: BridgeProcess;
  readonly #browser: Browser;
  readonly #phones: Softphone[] = [];

  private constructor(bridge: BridgeProcess, browser: Browser) {
    this.bridge = bridge;
    this.#browser = browser;
  }

  static async open(flags: BridgeFlags = {}): Promise<Stage> {
    const executablePath = findBrowser();
    const browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: [...BROWSER_ARGS],
    });
    return new Stage(await BridgeProcess.start(flags), browser);
  }

  /** @param search `?start` answers calls at once. */
  async page(
    search = '?start',
    { width = 1280, height = 900, scheme = 'light', lacks }: View = {},
  ): Promise<Page> {
    const page = await this.#browser.newPage({
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: 'reduce',
    });
    page.setDefaultTimeout(PATIENCE_MS);
    if (lacks !== undefined) {
      await page.addInitScript((name) => void Reflect.deleteProperty(globalThis, name), lacks);
    }
    await page.goto(`${this.bridge.url}/${search}`);
    if (search !== '') {
      await this.until('the page is registered', ({ registrations }) =>
        registrations.some(({ kind }) => kind === 'page'),
      );
    }
    return page;
  }

  async phone(user = 'agent001'): Promise<Softphone> {
    const server = await this.bridge.phoneServer();
    const phone = await Softphone.create({ server, user, password: 'any' });
    this.#phones.push(phone);
    await phone.register();
    return phone;
  }

  until(what: string, holds: (status: Status) => boolean): Promise<Status> {
    return this.bridge.until(what, holds, PATIENCE_MS);
  }

  async close(): Promise<void> {
    for (const phone of this.#phones) await phone.close();
    await this.#browser.close();
    await this.bridge.stop();
  }
}

/** Waits for what the page itself knows: an expression over `bridge`, its devtools API. */
export async function untilPage(page: Page, expression: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  // The page's policy lets nobody evaluate strings in it, Playwright's own waiting included.
  while ((await page.evaluate<unknown>(`Boolean(${expression})`)) !== true) {
    if (performance.now() > deadline) throw new Error(`never came: ${expression}`);
    await page.waitForTimeout(100);
  }
}
