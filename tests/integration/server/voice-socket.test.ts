/**
 * The pass-through between the page's socket and the agent's: what an agent is told at the upgrade,
 * whom it is believed to be, that neither side can fill the bridge's memory, and that a call which is
 * never answered leaves no session behind.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { AgentOverrides } from '../../../agent/settings.ts';
import type { AgentLinkEvent } from '../../../common/events.ts';
import { silent } from '../../../common/log.ts';
import { Agents, callUuidOf } from '../../../server/agents.ts';
import { VoiceSocket } from '../../../server/http/voice-socket.ts';

const ID = 'a b@10.0.0.1';
const FACTS = { callId: ID, caller: '555', dialled: '1', phone: '555', extension: 'default' };

let agents: Agents;
let voice: VoiceSocket;
let origin: Server;
let told: AgentLinkEvent[];
let onOutcome: () => void;
const stops: (() => unknown)[] = [];

beforeEach(async () => {
  told = [];
  onOutcome = () => undefined;
  voice = new VoiceSocket({
    target: () => agents.default.targetFor({ ...FACTS, callUuid: callUuidOf(ID) }),
    tell: (event) => told.push(event),
    outcome: () => onOutcome(),
    log: silent,
  });
  origin = createServer().on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
    voice.upgrade(ID, request, socket, head),
  );
  await listening(origin);
});

afterEach(async () => {
  await voice.close();
  origin.closeAllConnections();
  origin.close();
  for (const stop of stops.splice(0)) await stop();
});

async function listening(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

interface Accepted {
  readonly socket: WebSocket;
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
}

/** An agent that accepts; resolves with the next call it gets. */
async function agentWith(settings: AgentOverrides = {}, server = createServer()) {
  const sockets = new WebSocketServer({ server });
  await listening(server);
  stops.push(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const protocol = 'key' in server ? 'wss' : 'ws';
  agents = new Agents({ agent: { url: `${protocol}://127.0.0.1:${port}/ws`, ...settings } }, '');
  const calls: Accepted[] = [];
  const waiting: ((call: Accepted) => void)[] = [];
  sockets.on('connection', (socket, { headers, url }) => {
    const call = { socket, headers, url: url ?? '' };
    const next = waiting.shift();
    if (next) next(call);
    else calls.push(call);
  });
  return {
    port,
    sockets,
    call: () => {
      const call = calls.shift();
      return call
        ? Promise.resolve(call)
        : new Promise<Accepted>((resolve) => waiting.push(resolve));
    },
  };
}

function openPage(): WebSocket {
  const { port } = origin.address() as AddressInfo;
  const page = new WebSocket(`ws://127.0.0.1:${port}/`);
  stops.push(() => page.terminate());
  return page;
}

async function isOpen(socket: WebSocket): Promise<WebSocket> {
  if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open');
  return socket;
}

describe('the upgrade', () => {
  it('carries the query and the headers, with the call’s own facts in them', async () => {
    const agent = await agentWith({
      query: { tenant_id: 't', call_id: '{callUuid}' },
      headers: { Authorization: 'Bearer secret', 'X-Caller': '{caller}' },
    });
    openPage();
    const { headers, url } = await agent.call();
    expect(url).toBe(`/ws/a%20b%4010.0.0.1?phone_number=555&tenant_id=t&call_id=${callUuidOf(ID)}`);
    expect(headers).toMatchObject({ authorization: 'Bearer secret', 'x-caller': '555' });
  });

  it('over TLS wants a certificate it can trust: refused without its authority, open with it', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    const folder = await mkdtemp(join(tmpdir(), 'ca-'));
    stops.push(() => rm(folder, { recursive: true }));
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, cert);
    const secured = createTlsServer({ cert, key });
    const agent = await agentWith({}, secured);
    const url = `wss://127.0.0.1:${agent.port}/ws`;
    agents = new Agents({ agent: { url } }, '');
    const [code, reason] = (await once(openPage(), 'close')) as [number, Buffer];
    expect(code).toBe(4502);
    expect(reason.toString()).toMatch(/^AGENT_UNREACHABLE: .*SELF_SIGNED/);
    expect(told.at(-1)).toMatchObject({ what: 'failed', code: 'AGENT_UNREACHABLE' });
    expect(told.at(-1)?.sentence).toContain('give its authority’s PEM file as ca');

    agents = new Agents({ agent: { url, ca } }, '');
    const page = openPage();
    const { socket } = await agent.call();
    await isOpen(page);
    page.send('hello');
    const [heard] = (await once(socket, 'message')) as [Buffer];
    expect(heard.toString()).toBe('hello');
  });
});

/** Frames until the other side takes no more: what the sender itself must keep grows. */
async function fill(sender: WebSocket, frame: Buffer): Promise<number> {
  let sent = 0;
  for (;;) {
    sender.send(frame);
    sent += 1;
    if (sender.bufferedAmount > 1_000_000) {
      const before = sender.bufferedAmount;
      await new Promise((resolve) => setTimeout(resolve, 100));
      // Nothing has moved for a while: every buffer on the way is full.
      if (sender.bufferedAmount >= before) return sent;
    }
    if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('back-pressure', () => {
  const frame = Buffer.alloc(32_000, 7);

  it('an agent that does not read stops the page, and gets all of it in the end', async () => {
    const agent = await agentWith({ pingSeconds: 0 });
    const page = openPage();
    const { socket } = await agent.call();
    await isOpen(page);
    socket.pause();
    // Were the bridge to go on reading, the page would get rid of everything.
    const sent = await fill(page, frame);
    let received = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', () => {
        received += 1;
        if (received === sent) resolve();
      });
    });
    socket.resume();
    await all;
  });

  it('a page that does not read stops the agent, and gets all of it in the end', async () => {
    const agent = await agentWith({ pingSeconds: 0 });
    const page = openPage();
    const { socket } = await agent.call();
    await isOpen(page);
    page.pause();
    const sent = await fill(socket, frame);
    let received = 0;
    const all = new Promise<void>((resolve) => {
      page.on('message', () => {
        received += 1;
        if (received === sent) resolve();
      });
    });
    page.resume();
    await all;
  });

  it('a call that ends leaves nothing hanging on an agent that does not read', async () => {
    const agent = await agentWith({ pingSeconds: 0 });
    const page = openPage();
    const { socket } = await agent.call();
    await isOpen(page);
    socket.pause();
    await fill(page, frame);
    page.terminate();
    voice.release((id) => id === ID);
    socket.resume();
    await once(socket, 'close');
  });
});

describe('signs of life', () => {
  it('an agent that reads late is said to be behind', async () => {
    const agent = await agentWith({ pingSeconds: 0.6 });
    const page = openPage();
    const { socket } = await agent.call();
    await isOpen(page);
    socket.pause();
    await expect.poll(() => told.map(({ code }) => code)).toContain('AGENT_SLOW');
    expect(told.find(({ code }) => code === 'AGENT_SLOW')).toMatchObject({
      type: 'agent',
      callId: ID,
      what: 'remark',
      sentence: expect.stringMatching(
        /^The agent reads too slowly: it is \d+\.\d s behind/,
      ) as string,
    });
  });

  it('an agent that gives none for long is given up, so that the page can come back', async () => {
    const agent = await agentWith({ pingSeconds: 0.1 });
    const page = openPage();
    const { socket } = await agent.call();
    await isOpen(page);
    socket.pause();
    const [code, reason] = (await once(page, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1011, 'AGENT_CLOSED: no sign of life']);
    expect(told.at(-1)).toMatchObject({
      what: 'closed',
      sentence: expect.stringContaining('no sign of life for three pings') as string,
    });
  });

  it.each([
    ['that drops its connection', '', 'dropped without a goodbye'],
    ['whose text is none', 'Invalid WebSocket frame: invalid UTF-8 sequence', 'no WebSocket’s'],
  ])('an agent %s is not said to have failed by itself', async (_what, fault, words) => {
    const agent = await agentWith();
    const page = openPage();
    const { socket } = await agent.call();
    await isOpen(page);
    if (fault === '') socket.terminate();
    else socket.send(Buffer.from([0xff]), { binary: false });
    const [code, reason] = (await once(page, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1011, `AGENT_CLOSED: ${fault || 'dropped'}`]);
    expect(told.at(-1)?.sentence).toContain(words);
  });
});

describe('an agent that is asked for before its page comes', () => {
  it('waits with what it says, and is the page’s own', async () => {
    const agent = await agentWith();
    expect(await voice.ready(ID)).toBeUndefined();
    const { socket } = await agent.call();
    socket.send('greeting');
    const page = openPage();
    const [greeting] = (await once(page, 'message')) as [Buffer];
    expect(greeting.toString()).toBe('greeting');
    page.send('frame');
    const [heard] = (await once(socket, 'message')) as [Buffer];
    expect(heard.toString()).toBe('frame');
    expect(agent.sockets.clients.size).toBe(1);
  });

  it('is let go of when the call ends before', async () => {
    const agent = await agentWith();
    await voice.ready(ID);
    const { socket } = await agent.call();
    voice.release((id) => id !== ID);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    voice.release((id) => id === ID);
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1000);
  });

  it.each(['the page', 'the call'])(
    'is not blamed when %s ends before it has answered',
    async (who) => {
      // It takes the connection, and says nothing.
      const mute = createServer().on('upgrade', () => undefined);
      const reached = once(mute, 'upgrade') as Promise<[unknown, Socket]>;
      await listening(mute);
      stops.push(() => mute.close());
      const { port } = mute.address() as AddressInfo;
      agents = new Agents({ agent: { url: `ws://127.0.0.1:${port}/ws` } }, '');
      const outcomes: unknown[] = [];
      onOutcome = () => outcomes.push('one');
      const page = who === 'the page' ? openPage() : undefined;
      const ready = page ? undefined : voice.ready(ID);
      const [, socket] = await reached;
      const gone = once(socket.resume(), 'end');
      stops.push(() => socket.destroy());
      if (page) (await isOpen(page)).terminate();
      else voice.release(() => true);
      await ready;
      await gone;
      voice.release(() => true);
      expect(told).toEqual([]);
      expect(outcomes).toEqual([]);
    },
  );

  it('that is not there is a failure with a sentence', async () => {
    agents = new Agents({ agent: { url: 'ws://127.0.0.1:9/ws' } }, '');
    expect(await voice.ready(ID)).toMatchObject({
      code: 'AGENT_UNREACHABLE',
      message: 'Nothing listens at the agent’s address: start the agent, or correct host and port.',
    });
  });
});
