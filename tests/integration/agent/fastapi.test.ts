/**
 * An agent in a framework of its own, behind the bridge's pass-through: the page's AgentSocket on one
 * end, FastAPI under uvicorn (tests/support/fastapi-agent.py) on the other.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { explainClose } from '../../../agent/dialects/closes.ts';
import { dialectOf } from '../../../agent/dialects/registry.ts';
import type { AgentEvent } from '../../../agent/dialects/types.ts';
import { PcmDecoder } from '../../../audio/pcm.ts';
import { silent } from '../../../common/log.ts';
import { Agents, callUuidOf } from '../../../server/agents.ts';
import { VoiceSocket } from '../../../server/http/voice-socket.ts';
import { AgentSocket, type SocketLike } from '../../../web/media/agent-socket.ts';
import type { SocketStatus } from '../../../web/media/report.ts';
import { FASTAPI, missing } from '../../setup/programs.ts';
import { freePort } from '../../support/free-port.ts';

const ID = 'call/1@10.0.0.1';
const QUERY = { tenant_id: 't', campaign_id: 'c', lead_id: 'l' };
const reason = missing(FASTAPI);

interface Heard {
  readonly frames: number;
  readonly dropped: number;
  readonly texts: number;
  readonly closed: readonly string[];
}

describe.skipIf(reason !== undefined)(`FastAPI ${reason ?? ''}`, () => {
  let python: ChildProcess;
  let port: number;
  let agents: Agents;
  let voice: VoiceSocket;
  let origin: Server;
  let socket: AgentSocket | undefined;
  const statuses: SocketStatus[] = [];
  const events: AgentEvent[] = [];
  let bytes: Uint8Array[] = [];

  const heard = async () => (await (await fetch(`http://127.0.0.1:${port}/heard`)).json()) as Heard;
  const setAgent = (query: Record<string, string>, path = '/api/v1/ws/voice') => {
    agents = new Agents({ agent: { url: `ws://127.0.0.1:${port}${path}`, query } }, undefined);
  };

  beforeAll(async () => {
    port = await freePort();
    const script = fileURLToPath(new URL('../../support/fastapi-agent.py', import.meta.url));
    python = spawn(FASTAPI.find() ?? '', [script, String(port)], { stdio: 'inherit' });
    while ((await heard().catch(() => undefined)) === undefined) {
      if (python.exitCode !== null) throw new Error('The endpoint does not start.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    voice = new VoiceSocket({
      target: () => {
        const facts = {
          callId: ID,
          caller: '555',
          dialled: '1',
          phone: '555',
          extension: 'default',
        };
        return agents.default.targetFor({ ...facts, callUuid: callUuidOf(ID) });
      },
      tell: () => undefined,
      outcome: () => undefined,
      log: silent,
    });
    origin = createServer().on('upgrade', (request: IncomingMessage, to: Socket, head: Buffer) =>
      voice.upgrade(ID, request, to, head),
    );
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
  });

  afterEach(async () => {
    await socket?.close();
    statuses.length = events.length = 0;
    bytes = [];
  });

  afterAll(async () => {
    await voice.close();
    origin.close();
    const exited = once(python, 'exit');
    python.kill();
    await exited;
  });

  function connect(): AgentSocket {
    const { port: at } = origin.address() as AddressInfo;
    const dialect = dialectOf('talky');
    let error = '';
    socket = new AgentSocket({
      url: `ws://127.0.0.1:${at}/`,
      dialect,
      callId: ID,
      name: 'test',
      holdFrames: 50,
      frameSamples: 320,
      connect: (url) => new WebSocket(url) as unknown as SocketLike,
      explainClose: (code, said) => explainClose(code, said, error),
      onBinary: (chunk) => bytes.push(chunk),
      onText: (text) => {
        const { event } = dialect.start({ callId: ID, attempt: 0 }).receive(text);
        if (event?.type === 'error') error = event.message;
        if (event) events.push(event);
      },
      onStatus: (status) => statuses.push(status),
      now: () => performance.now(),
      random: () => 0,
    });
    return socket;
  }

  it('hears the caller to the sample, and is heard: float32 that nobody announced', async () => {
    setAgent(QUERY);
    const caller = connect();
    const voiceOf = (n: number) =>
      Int16Array.from({ length: 320 }, (_, i) => 9_000 * Math.sin((n * 320 + i) / 9));
    for (let n = 0; n < 60; n += 1) {
      caller.send(voiceOf(n));
      // At the pace of a call: its queue is one of 100 frames.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await expect.poll(() => bytes.reduce((sum, { length }) => sum + length, 0)).toBe(60 * 1280);
    const decoder = new PcmDecoder('auto');
    const samples = bytes.flatMap((chunk) => [...decoder.push(chunk)]);
    expect(decoder.encoding).toBe('f32le');
    expect(samples).toEqual(Array.from({ length: 60 }, (_, n) => [...voiceOf(n)]).flat());
    expect(events).toEqual([{ type: 'transcript', text: 'call%2F1@10.0.0.1', final: true }]);
    expect(await heard()).toMatchObject({ frames: 60, dropped: 0, texts: 0 });
    await caller.close();
    await expect.poll(async () => (await heard()).closed).toEqual(['call%2F1@10.0.0.1']);
  });

  it('without its query: accepted, told what is missing, closed; the page says what to set', async () => {
    setAgent({ tenant_id: 't' });
    connect();
    await expect.poll(() => statuses.at(-1)?.state).toBe('reconnecting');
    expect(statuses.at(-1)?.sentence).toContain(
      'misses campaign_id and lead_id: give them in its query, for instance “campaign_id=1&lead_id=1”.',
    );
  });

  it('at a path it does not have: 403, and the page says that the prefix may be wrong', async () => {
    setAgent(QUERY, '/ws/voice');
    connect();
    await expect.poll(() => statuses.at(-1)?.code).toBe('AGENT_REFUSED');
    expect(statuses.at(-1)?.sentence).toContain('check the prefix (/api/v1) and the query');
  });

  it('a text frame ends its session, which is why none is sent', async () => {
    setAgent(QUERY);
    const { texts } = await heard();
    const target = agents.default.targetFor({
      callId: 'x',
      caller: '',
      dialled: '',
      phone: '',
      extension: '',
      callUuid: '',
    });
    const direct = new WebSocket(target.url);
    await once(direct, 'open');
    direct.send(new Uint8Array(100));
    direct.send('{"type":"ping"}');
    const [code] = (await once(direct, 'close')) as [number];
    expect(code).toBe(1000);
    expect(await heard()).toMatchObject({ texts: texts + 1, dropped: 1 });
  });
});
