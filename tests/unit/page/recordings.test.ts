import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { readBundle } from '../../../recording/bundle.ts';
import { FILES, FORMAT, type Manifest } from '../../../recording/manifest.ts';
import type { TapeMessage } from '../../../web/recording/call-tape.ts';
import { IndexedDbStore } from '../../../web/recording/indexeddb-store.ts';
import { Recordings } from '../../../web/recording/recordings.ts';
import type { Locks, RecordingsNews, TapeSource } from '../../../web/recording/types.ts';

/** As the browser's, for several pages in one process: those of a page that is gone are let go of. */
class TestLocks {
  readonly #held = new Map<string, Promise<void>>();

  ofPage(): Locks & { gone(): void } {
    const own = new Set<() => void>();
    return {
      hold: async (name) => {
        while (this.#held.has(name)) await this.#held.get(name);
        let free: () => void = () => undefined;
        this.#held.set(name, new Promise((resolve) => (free = resolve)));
        const release = () => {
          this.#held.delete(name);
          own.delete(release);
          free();
        };
        own.add(release);
        return release;
      },
      isHeld: (name) => Promise.resolve(this.#held.has(name)),
      gone: () => {
        for (const release of own) release();
      },
    };
  }
}

class TestPort implements TapeSource {
  onmessage: TapeSource['onmessage'] = null;
  isClosed = false;
  send(data: TapeMessage): void {
    this.onmessage?.({ data });
  }
  close(): void {
    this.isClosed = true;
  }
}

const STARTED = Date.parse('2026-11-23T10:00:00Z');
const manifestOf = (id: string): Manifest => ({
  format: FORMAT,
  version: 1,
  id,
  callId: `${id}@phone`,
  caller: 'agent001',
  dialled: '1000',
  direction: 'inbound',
  extension: 'default',
  startedAt: '2026-11-23T09:59:59.000Z',
  offsetMs: 0,
  durationMs: 0,
  sampleRate: 8_000,
  complete: false,
  versions: { bridge: '1', browser: 'x' },
});
const ramp = (frames: number, from = 0) =>
  Int16Array.from({ length: 2 * frames }, (_, i) => from + i);

let locks = new TestLocks();
let stores: IndexedDbStore[] = [];

async function newPage(limitBytes = 1e9) {
  const store = await IndexedDbStore.open();
  stores.push(store);
  const own = locks.ofPage();
  const news: RecordingsNews[] = [];
  const recordings = new Recordings({ store, locks: own, limitBytes });
  const waiting = new Set<() => void>();
  recordings.follow((item) => {
    news.push(item);
    for (const check of waiting) check();
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { recordings, news, gone: () => own.gone(), until };
}

async function record(
  recordings: Recordings,
  id: string,
  blocks: readonly Int16Array[],
  startedAt = STARTED,
): Promise<TestPort> {
  const port = new TestPort();
  await recordings.begin(manifestOf(id), port);
  port.send({ type: 'start', sampleRate: 16_000, startedAt, offsetMs: 12.4 });
  for (const block of blocks) port.send({ type: 'audio', samples: block.slice().buffer });
  return port;
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  locks = new TestLocks();
  stores = [];
});

afterEach(() => {
  for (const store of stores) store.close();
});

describe('Recordings', () => {
  it('keeps a call as it comes, and gives it back as a bundle', async () => {
    const { recordings } = await newPage();
    const port = await record(recordings, 'r1', [ramp(100), ramp(50, 200)]);
    recordings.append('r1', FILES.events, '{"type":"a"}\n');
    recordings.append('r1', FILES.events, '{"type":"b"}\n');
    expect((await recordings.list()).recordings).toMatchObject([{ id: 'r1', isLive: true }]);
    port.send({ type: 'end' });
    await recordings.finish('r1', { [FILES.timeline]: '{"turns":[]}' });
    expect(port.isClosed).toBe(true);

    const { recordings: list, usedBytes, kind } = await recordings.list();
    expect(kind).toBe('indexeddb');
    expect(list).toMatchObject([
      {
        id: 'r1',
        startedAt: '2026-11-23T10:00:00.000Z',
        offsetMs: 12,
        durationMs: 9,
        sampleRate: 16_000,
        complete: true,
        isLive: false,
        fileName: '2026-11-23T10-00-00_agent001_r1@phone.zip',
      },
    ]);
    expect(usedBytes).toBe(list[0]?.bytes);
    const zip = await recordings.bundle('r1');
    const bundle = readBundle(new Uint8Array((await zip?.arrayBuffer()) ?? new ArrayBuffer(0)));
    const left = Int16Array.from([...ramp(100), ...ramp(50, 200)].filter((_, i) => i % 2 === 0));
    expect(bundle.wav.channels[0]).toEqual(left);
    expect(bundle.events).toEqual([{ type: 'a' }, { type: 'b' }]);
    expect(bundle.timeline).toEqual({ turns: [] });
  });

  it('ends what a page that has gone left without an end: its audio is there to the last block', async () => {
    const before = await newPage();
    await record(before.recordings, 'r1', [ramp(100), ramp(100)]);
    before.recordings.append('r1', FILES.events, '{"type":"a"}\n');
    // All is written by the time the list has been asked for.
    await before.recordings.list();

    const after = await newPage();
    await after.recordings.repair();
    expect((await after.recordings.list()).recordings).toMatchObject([{ isLive: true }]);
    before.gone();
    await after.until(() => after.news.length > 0);
    expect((await after.recordings.list()).recordings).toMatchObject([
      { id: 'r1', isLive: false, complete: false, durationMs: 13, sampleRate: 16_000 },
    ]);
    const zip = await after.recordings.bundle('r1');
    const bundle = await after.recordings.open(zip ?? new Blob());
    expect(bundle.wav.channels[1]?.length).toBe(200);
    expect(bundle.problems[0]).toMatch(/went away/);
  });

  it('leaves a page that is still there its recording', async () => {
    const one = await newPage();
    const port = await record(one.recordings, 'r1', [ramp(100)]);
    const other = await newPage();
    await other.recordings.repair();
    await other.recordings.remove('r1');
    port.send({ type: 'audio', samples: ramp(100).buffer });
    port.send({ type: 'end' });
    await one.recordings.finish('r1', {});
    await other.until(() => other.news.length > 0);
    expect((await other.recordings.list()).recordings).toMatchObject([
      { complete: true, durationMs: 13 },
    ]);
  });

  it('lets the oldest go when there are more than may be kept, and never what grows', async () => {
    const { recordings } = await newPage(14_000);
    for (const [i, id] of ['old', 'middle', 'new'].entries()) {
      const port = await record(recordings, id, [ramp(1_000)], STARTED + i * 1_000);
      port.send({ type: 'end' });
      await recordings.finish(id, {});
    }
    const ids = async () => (await recordings.list()).recordings.map(({ id }) => id);
    expect(await ids()).toEqual(['new', 'middle', 'old']);
    await record(recordings, 'live', [ramp(1_000)], STARTED + 9_000);
    await recordings.setLimit(9_999);
    expect(await ids()).toEqual(['live', 'new']);
    await recordings.setLimit(10);
    expect(await ids()).toEqual(['live']);
  });

  it('stops a recording that is larger than all may be, and says so', async () => {
    const { recordings, news, until } = await newPage(5_000_000);
    const port = await record(recordings, 'r1', [ramp(1_200_000), ramp(1_200_000)]);
    await until(() => news.some(({ type }) => type === 'failed'));
    expect(news.find(({ type }) => type === 'failed')).toMatchObject({
      id: 'r1',
      sentence: 'This recording alone is larger than all may be: 5000000 bytes.',
    });
    expect(port.onmessage).toBeNull();
    // What there is of it is kept.
    await recordings.finish('r1', {});
    expect((await recordings.list()).recordings).toMatchObject([
      { id: 'r1', complete: true, durationMs: 150_000 },
    ]);
  });

  it('keeps nothing of a call that was never answered', async () => {
    const { recordings } = await newPage();
    const port = new TestPort();
    await recordings.begin(manifestOf('r1'), port);
    port.send({ type: 'end' });
    await recordings.finish('r1', {});
    expect((await recordings.list()).recordings).toEqual([]);
  });

  it('says what is wrong with a file that is no bundle', async () => {
    const { recordings } = await newPage();
    const opening = recordings.open(new Blob(['no zip']));
    await expect(opening).rejects.toThrow(BridgeError);
    await expect(opening).rejects.toMatchObject({ code: 'BAD_BUNDLE' });
  });
});
