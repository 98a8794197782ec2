import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dialectOf } from '../../../agent/dialects/registry.ts';
import { talky } from '../../../agent/dialects/talky.ts';
import { AgentSocket, type SocketLike } from '../../../web/media/agent-socket.ts';
import type { SocketStatus } from '../../../web/media/report.ts';

class FakeSocket implements SocketLike {
  binaryType: 'arraybuffer' | 'blob' = 'blob';
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  readonly sent: (number[] | string)[] = [];
  closedWith: number | undefined;

  send(data: Int16Array | string): void {
    this.sent.push(typeof data === 'string' ? data : [...data]);
  }

  close(code?: number): void {
    this.closedWith = code;
  }
}

describe('AgentSocket', () => {
  let sockets: FakeSocket[];
  let urls: string[];
  let statuses: SocketStatus[];
  let received: number[][];
  let texts: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    urls = [];
    statuses = [];
    received = [];
    texts = [];
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  function open(dialect = talky): AgentSocket {
    return new AgentSocket({
      url: 'ws://bridge/ws/voice/a%40b',
      name: 'demo',
      dialect,
      callId: 'a@b',
      holdFrames: 3,
      frameSamples: 2,
      connect: (url) => {
        urls.push(url);
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      explainClose: (code, reason) => `Closed with ${code} ${reason}.`,
      onBinary: (bytes) => received.push([...bytes]),
      onText: (text) => texts.push(text),
      onStatus: (status) => statuses.push(status),
      now: () => Date.now(),
      random: () => 1,
    });
  }

  function socketAt(index: number): FakeSocket {
    const socket = sockets[index];
    if (socket === undefined) throw new Error(`Only ${sockets.length} sockets were opened.`);
    return socket;
  }

  test('keeps the newest frames until it is open, sends them in order and counts the rest', () => {
    const socket = open();
    for (let n = 1; n <= 5; n += 1) socket.send(Int16Array.of(n, -n));
    expect(socket.framesDropped).toBe(2);
    socketAt(0).onopen?.();
    socket.send(Int16Array.of(6, -6));
    expect(socketAt(0).sent).toEqual([
      [3, -3],
      [4, -4],
      [5, -5],
      [6, -6],
    ]);
    vi.advanceTimersByTime(300);
    expect(socket.framesSent).toBe(4);
    expect(socket.framesDropped).toBe(2);
  });

  test('counts as dropped what went to a connection behind which there was no agent', () => {
    const socket = open();
    socketAt(0).onopen?.();
    for (let n = 1; n <= 5; n += 1) socket.send(Int16Array.of(n, -n));
    expect([socket.framesSent, socket.framesDropped]).toEqual([0, 0]);
    socketAt(0).onclose?.({ code: 4502, reason: 'nobody there' });
    expect([socket.framesSent, socket.framesDropped]).toEqual([0, 5]);
    vi.advanceTimersByTime(250);
    socketAt(1).onopen?.();
    socket.send(Int16Array.of(6, -6));
    socketAt(1).onmessage?.({ data: Uint8Array.of(1, 2).buffer });
    expect([socket.framesSent, socket.framesDropped]).toEqual([1, 5]);
  });

  test('copies the frame it keeps: the caller reuses the array', () => {
    const socket = open();
    const frame = Int16Array.of(1, 2);
    socket.send(frame);
    frame.fill(0);
    socketAt(0).onopen?.();
    expect(socketAt(0).sent).toEqual([[1, 2]]);
  });

  test('hands over binary and text, as what they are', () => {
    open();
    socketAt(0).onopen?.();
    expect(socketAt(0).binaryType).toBe('arraybuffer');
    socketAt(0).onmessage?.({ data: Uint8Array.of(1, 2, 3).buffer });
    socketAt(0).onmessage?.({ data: '{"type":"heartbeat"}' });
    expect(received).toEqual([[1, 2, 3]]);
    expect(texts).toEqual(['{"type":"heartbeat"}']);
  });

  test('drops frames that an agent which stopped reading would only get late', () => {
    const socket = open();
    socketAt(0).onopen?.();
    socketAt(0).bufferedAmount = 400_000;
    socket.send(Int16Array.of(1, 1));
    expect(socketAt(0).sent).toEqual([]);
    expect(socket.framesDropped).toBe(1);
  });

  test('comes back with the same address, waiting 250 ms, twice as long each time, 5 s at most', () => {
    open();
    socketAt(0).onopen?.();
    const waits = [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000];
    for (const [attempt, wait] of waits.entries()) {
      socketAt(attempt).onclose?.({ code: 1011, reason: 'x' });
      vi.advanceTimersByTime(wait - 1);
      expect(sockets).toHaveLength(attempt + 1);
      vi.advanceTimersByTime(1);
      expect(sockets).toHaveLength(attempt + 2);
    }
    expect(new Set(urls)).toEqual(new Set(['ws://bridge/ws/voice/a%40b']));
    expect(statuses[1]).toEqual({
      state: 'reconnecting',
      sentence: 'Closed with 1011 x. Trying again in 0.3 s.',
      code: 'AGENT_CLOSED',
    });
  });

  test('starts the back-off over after a connection that held', () => {
    open();
    for (let n = 0; n < 3; n += 1) {
      socketAt(n).onclose?.({ code: 1006, reason: '' });
      vi.advanceTimersByTime(5_000);
    }
    socketAt(3).onopen?.();
    vi.advanceTimersByTime(6_000);
    socketAt(3).onclose?.({ code: 1006, reason: '' });
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(5);
  });

  test.each([
    [4502, 'AGENT_UNREACHABLE'],
    [4503, 'AGENT_REFUSED'],
    [1006, 'AGENT_CLOSED'],
  ])('names the cause of close code %i: %s', (closeCode, code) => {
    open();
    socketAt(0).onclose?.({ code: closeCode, reason: '' });
    expect(statuses.at(-1)?.code).toBe(code);
  });

  test('believes a connection when the agent’s voice comes', () => {
    open();
    socketAt(0).onopen?.();
    expect(statuses.at(-1)?.state).toBe('connecting');
    socketAt(0).onmessage?.({ data: new ArrayBuffer(2) });
    socketAt(0).onmessage?.({ data: new ArrayBuffer(2) });
    vi.advanceTimersByTime(1_000);
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'open']);
  });

  test('does not believe an agent that accepts only to say why it does not', () => {
    open();
    socketAt(0).onopen?.();
    socketAt(0).onmessage?.({ data: '{"type":"error"}' });
    socketAt(0).onclose?.({ code: 4000, reason: '' });
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'reconnecting']);
  });

  test('believes a silent connection only when it has lasted', () => {
    open();
    socketAt(0).onopen?.();
    socketAt(0).onclose?.({ code: 4502, reason: '' });
    vi.advanceTimersByTime(250);
    socketAt(1).onopen?.();
    socketAt(1).onclose?.({ code: 4502, reason: '' });
    vi.advanceTimersByTime(500);
    expect(statuses.map(({ state }) => state)).not.toContain('open');
    socketAt(2).onopen?.();
    vi.advanceTimersByTime(300);
    expect(statuses.at(-1)?.state).toBe('open');
  });

  test('does not come back to an agent that has ended its session', () => {
    const socket = open();
    socketAt(0).onopen?.();
    socket.expectEnd();
    socketAt(0).onclose?.({ code: 1000, reason: '' });
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(statuses.at(-1)?.state).toBe('closed');
  });

  test('closes with 1000, resolves when closed, sends nothing after', async () => {
    const socket = open();
    socketAt(0).onopen?.();
    const closed = socket.close();
    expect(socketAt(0).closedWith).toBe(1000);
    socket.say({ type: 'end' });
    socket.send(Int16Array.of(1, 1));
    expect(socketAt(0).sent).toEqual([]);
    socketAt(0).onclose?.({ code: 1000, reason: '' });
    await closed;
    await socket.close();
    expect(statuses.at(-1)?.state).toBe('closed');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('keeps audio until an agent that greets has done so, or for two seconds', () => {
    const socket = open(dialectOf('talky-ready'));
    socketAt(0).onopen?.();
    socket.send(Int16Array.of(1, 1));
    expect(socketAt(0).sent).toEqual([]);
    socket.greeted();
    socket.send(Int16Array.of(2, 2));
    expect(socketAt(0).sent).toEqual([
      [1, 1],
      [2, 2],
    ]);
    socketAt(0).onclose?.({ code: 1006, reason: '' });
    vi.advanceTimersByTime(250);
    socketAt(1).onopen?.();
    socket.send(Int16Array.of(3, 3));
    vi.advanceTimersByTime(1_999);
    expect(socketAt(1).sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(socketAt(1).sent).toEqual([[3, 3]]);
  });

  test('opens and ends each connection in the words of the dialect, and takes its goodbye', () => {
    const socket = open(dialectOf('twilio-media-streams'));
    const events = (index: number): unknown[] =>
      socketAt(index).sent.map((text) => (JSON.parse(String(text)) as { event: unknown }).event);
    socket.send(Int16Array.of(1, 1));
    socketAt(0).onopen?.();
    expect(events(0)).toEqual(['connected', 'start', 'media']);
    socketAt(0).onclose?.({ code: 1011, reason: '' });
    socket.say({ type: 'dtmf', digit: '1' });
    vi.advanceTimersByTime(250);
    socketAt(1).onopen?.();
    socket.say({ type: 'dtmf', digit: '2' });
    expect(events(1)).toEqual(['connected', 'start', 'dtmf']);
    void socket.close();
    expect(events(1).at(-1)).toBe('stop');

    open(dialectOf('twilio-media-streams'));
    socketAt(2).onopen?.();
    socketAt(2).onclose?.({ code: 1000, reason: '' });
    expect(statuses.at(-1)?.state).toBe('closed');
    vi.runAllTimers();
    expect(sockets).toHaveLength(3);
  });

  test('closes even when the other side never answers, and while it waits to come back', async () => {
    const stuck = open();
    socketAt(0).onopen?.();
    const closed = stuck.close();
    await vi.advanceTimersByTimeAsync(1_000);
    await closed;
    const waiting = open();
    socketAt(1).onclose?.({ code: 1006, reason: '' });
    await waiting.close();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(2);
  });
});
