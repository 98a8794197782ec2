/**
 * What the page and its workers hold in memory, as the browser's debugger counts it after a forced
 * collection: heap and the buffers of typed arrays, which lie outside it.
 */
import type { CDPSession, Page } from 'playwright';

export interface HeapFigures {
  /** MB of the page itself, and of all its workers. */
  readonly pageMb: number;
  readonly workersMb: number;
  readonly workers: number;
  /** Nodes of all documents, and listeners on them. */
  readonly nodes: number;
  readonly listeners: number;
}

interface HeapUsage {
  readonly usedSize: number;
  /** Newer browsers: objects of the DOM, and buffers. */
  readonly embedderHeapUsedSize?: number;
  readonly backingStorageSize?: number;
}

const MB = 1024 * 1024;
/** What one collection sets free, the next one finds. */
const COLLECTIONS = 3;

export class HeapProbe {
  readonly #session: CDPSession;
  /** Of workers, by the session each is attached by. */
  readonly #workers = new Set<string>();
  readonly #answers = new Map<number, (usage: HeapUsage) => void>();
  #nextId = 1;

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker') this.#workers.add(sessionId);
    });
    session.on('Target.detachedFromTarget', ({ sessionId }) => this.#workers.delete(sessionId));
    session.on('Target.receivedMessageFromTarget', ({ message }) => this.#receive(message));
  }

  static async attach(page: Page): Promise<HeapProbe> {
    const session = await page.context().newCDPSession(page);
    const probe = new HeapProbe(session);
    await session.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      // Playwright's sessions know no others below them.
      flatten: false,
    });
    return probe;
  }

  async read(): Promise<HeapFigures> {
    for (let i = 0; i < COLLECTIONS; i += 1) {
      await this.#session.send('HeapProfiler.collectGarbage');
      await Promise.all(
        [...this.#workers].map((id) => this.#ask(id, 'HeapProfiler.collectGarbage')),
      );
    }
    const own = await this.#session.send('Runtime.getHeapUsage');
    const others = await Promise.all(
      [...this.#workers].map((id) => this.#ask(id, 'Runtime.getHeapUsage')),
    );
    const { nodes, jsEventListeners } = await this.#session.send('Memory.getDOMCounters');
    return {
      pageMb: sizeOf(own),
      workersMb: others.reduce((sum, usage) => sum + sizeOf(usage), 0),
      workers: others.length,
      nodes,
      listeners: jsEventListeners,
    };
  }

  async close(): Promise<void> {
    await this.#session.detach();
  }

  async #ask(sessionId: string, method: string): Promise<HeapUsage> {
    const id = this.#nextId;
    this.#nextId += 1;
    const answered = new Promise<HeapUsage>((resolve) => this.#answers.set(id, resolve));
    const message = JSON.stringify({ id, method });
    await this.#session.send('Target.sendMessageToTarget', { sessionId, message });
    return answered;
  }

  #receive(message: string): void {
    const { id, result } = JSON.parse(message) as { id?: number; result?: HeapUsage };
    if (id === undefined) return;
    this.#answers.get(id)?.(result ?? { usedSize: NaN });
    this.#answers.delete(id);
  }
}

function sizeOf({ usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 }: HeapUsage): number {
  return (usedSize + embedderHeapUsedSize + backingStorageSize) / MB;
}
