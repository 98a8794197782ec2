/** An agent that is slow to accept: what a dialect opens with must still be the first it hears. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { silent } from '../../../common/log.ts';
import { VoiceSocket } from '../../../server/http/voice-socket.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(onUpgrade: Parameters<Server['on']>[1]): Promise<string> {
  const server = createServer().on('upgrade', onUpgrade);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What the agent hears first when it accepts only after all of `messages` were sent. */
async function relay(messages: readonly (string | Buffer)[]): Promise<string[]> {
  const sockets = new WebSocketServer({ noServer: true });
  const heard: string[] = [];
  let accept: (() => void) | undefined;
  const done = new Promise<void>((resolve) => {
    sockets.on('connection', (agent) => {
      agent.on('message', (data: Buffer) => {
        heard.push(data.toString());
        if (data.toString() === messages.at(-1)?.toString()) resolve();
      });
    });
  });
  const asked = new Promise<void>((resolve) => {
    accept = resolve;
  });
  let open: (() => void) | undefined;
  const agentUrl = await listen((request, socket, head) => {
    open = () =>
      sockets.handleUpgrade(request, socket, head, (agent) => {
        sockets.emit('connection', agent, request);
      });
    accept?.();
  });
  const voice = new VoiceSocket({
    target: () => ({ url: agentUrl, headers: {}, pingMs: 0 }),
    tell: () => undefined,
    log: silent,
    outcome: () => undefined,
  });
  const pageUrl = await listen((request, socket, head) =>
    voice.upgrade('id', request, socket, head),
  );

  const page = new WebSocket(pageUrl);
  await new Promise((resolve) => page.once('open', resolve));
  await asked;
  for (const message of messages) page.send(message);
  // The bridge has read all of them once it has answered what came after.
  const answered = new Promise((resolve) => page.once('pong', resolve));
  page.ping();
  await answered;
  open?.();
  await done;
  page.terminate();
  void voice.close();
  for (const agent of sockets.clients) agent.terminate();
  return heard;
}

describe('before the agent has accepted', () => {
  it('the opening of a text dialect is kept, and the newest of the rest', async () => {
    const media = Array.from({ length: 100 }, (_, n) => `media ${n}`);
    expect(await relay(['connected', 'start', ...media])).toEqual([
      'connected',
      'start',
      ...media.slice(-48),
    ]);
  });

  it('the newest second of binary audio is kept', async () => {
    const frames = Array.from({ length: 100 }, (_, n) => Buffer.from(`frame ${n}`));
    expect(await relay(frames)).toEqual(frames.slice(-50).map(String));
  });
});
