/** The doctor on real situations: ports that are taken, agents and engines that are not well. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Status } from '../../../common/api.ts';
import { silent } from '../../../common/log.ts';
import { checkBrowser } from '../../../server/doctor/chrome.ts';
import { examine } from '../../../server/doctor/doctor.ts';
import { RunningDoctor } from '../../../server/doctor/running.ts';
import { fixPorts } from '../../../server/doctor/fix.ts';
import { checkAgent, checkDrachtio, checkRtpengine } from '../../../server/doctor/peers.ts';
import { checkPort, checkRtpPorts, checkUdpEcho } from '../../../server/doctor/ports.ts';
import { thisMachine } from '../../../server/doctor/surroundings.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { optionsOf } from '../../../server/options.ts';
import { startDrachtio } from '../../../signaling/drachtio/server.ts';
import { freePort } from '../../support/free-port.ts';

const HOST = '127.0.0.1';
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function udp(port = 0): Promise<Socket> {
  const socket = createSocket('udp4').bind({ address: HOST, port, exclusive: true });
  await once(socket, 'listening');
  open.push(() => socket.close());
  return socket;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, HOST);
  await once(server, 'listening');
  open.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('ports', () => {
  it('names the program that holds one', async () => {
    const { port } = (await udp()).address();
    const use = { name: 'SIP', address: { host: HOST, port }, protocol: 'udp' } as const;
    const finding = await checkPort(use, false);
    expect(finding).toMatchObject({ result: 'fail', code: 'PORT_IN_USE' });
    expect(finding.message).toContain(`UDP ${HOST}:${port} is taken`);
    if (process.platform === 'linux') expect(finding.message).toContain(`(${process.pid})`);
    expect(await checkPort(use, true)).toMatchObject({ result: 'pass' });
  });

  it('says when an RTP range has no room', async () => {
    const { port } = (await udp()).address();
    expect(await checkRtpPorts(HOST, { min: port, max: port + 1 }, false)).toMatchObject({
      result: 'fail',
      code: 'RTP_PORTS_EXHAUSTED',
    });
  });

  it('hears its own datagram', async () => {
    expect(await checkUdpEcho(HOST)).toMatchObject({ result: 'pass' });
    expect(await checkUdpEcho('192.0.2.1')).toMatchObject({ result: 'fail', code: 'UDP_BLOCKED' });
  });

  it('writes free ones into bridge.yaml where they are taken', async () => {
    const { port } = (await udp()).address();
    const folder = mkdtempSync(join(tmpdir(), 'bridge-doctor-'));
    open.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'bridge.yaml');
    const options = optionsOf(
      configSchema.parse({
        sip: { server: { port } },
        http: { port: 0 },
        // Its own ports are not the matter here.
        rtpengine: { host: HOST, port: await freePort() },
      }),
    );
    const machine = { ...thisMachine(), environment: { PATH: '' } };
    const findings = await examine(options, machine);
    expect(findings.filter(({ result }) => result === 'fail').map(({ code }) => code)).toEqual([
      'PORT_IN_USE',
      'BROWSER_MISSING',
      'RTPENGINE_UNREACHABLE',
    ]);
    const [done] = await fixPorts(options, findings, file);
    const [, written] = /^sip\.server\.port: (\d+) written/.exec(done ?? '') ?? [];
    expect(Number(written)).toBeGreaterThan(port);
    expect(readFileSync(file, 'utf8')).toBe(`sip:\n  server:\n    port: ${written ?? ''}\n`);
  });
});

describe('the agent', () => {
  async function answering(ask: (socket: WebSocket) => void): Promise<string> {
    const server = createServer();
    new WebSocketServer({ server }).on('connection', ask);
    return `ws://${HOST}:${await listen(server)}/ws/voice/doctor`;
  }

  it('passes when it accepts a session', async () => {
    expect(await checkAgent({ url: await answering(() => undefined) })).toMatchObject({
      result: 'pass',
    });
  });

  it.each([
    [
      'AGENT_QUERY',
      (socket: WebSocket) => {
        socket.send('{"type":"error","message":"Missing required query parameters: tenant_id"}');
        socket.close(4000);
      },
    ],
    ['AGENT_CLOSED', (socket: WebSocket) => socket.close(1011, 'no recognizer')],
  ])('that ends a session at once gets %s', async (code, ask) => {
    expect(await checkAgent({ url: await answering(ask) })).toMatchObject({ result: 'fail', code });
  });

  it.each([404, 401])('that answers HTTP %i refuses', async (status) => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`);
    });
    const url = `ws://${HOST}:${await listen(server)}/x`;
    const finding = await checkAgent({ url });
    expect(finding).toMatchObject({ code: 'AGENT_REFUSED' });
    expect(finding.todo).toMatch(status === 404 ? /path of agent\.url/ : /credentials/);
  });

  it('that is down cannot be reached', async () => {
    const url = `ws://${HOST}:${await freePort()}/ws/voice/doctor`;
    expect(await checkAgent({ url })).toMatchObject({ result: 'fail', code: 'AGENT_UNREACHABLE' });
  });
});

describe('engines and browser', () => {
  it('tells a wrong secret, a missing WebSocket and a server that is down', async () => {
    const { port: sipPort } = (await udp()).address();
    const port = await freePort();
    const server = await startDrachtio({
      admin: { host: HOST, port, secret: 'right' },
      transports: [{ protocol: 'udp', host: HOST, port: await freePort() }],
      log: silent,
    });
    open.push(() => server.close());
    const at = (secret: string) => checkDrachtio({ host: HOST, port, secret });
    expect(await at('wrong')).toMatchObject({ code: 'DRACHTIO_REFUSED' });
    expect(await at('right')).toMatchObject({ result: 'warn', code: 'DRACHTIO_NO_WS' });
    expect(await checkDrachtio({ host: HOST, port: await freePort(), secret: 'x' })).toMatchObject({
      code: 'DRACHTIO_UNREACHABLE',
    });
    expect(await checkRtpengine({ host: HOST, port: sipPort })).toMatchObject({
      code: 'RTPENGINE_UNREACHABLE',
    });
  });

  it('finds no browser where none is, and one that does not start', async () => {
    const machine = thisMachine();
    expect(await checkBrowser({ ...machine, environment: { PATH: '' } })).toMatchObject({
      code: 'BROWSER_MISSING',
    });
    expect(
      await checkBrowser({ ...machine, environment: { CHROME_PATH: '/nowhere/chrome' } }),
    ).toMatchObject({ code: 'BROWSER_MISSING' });
  });
});

describe('a running bridge', () => {
  it('reports what it knows of itself without disturbing anybody', async () => {
    const well = { kind: 'embedded', address: 'x', ok: true } as const;
    const problem = { code: 'AGENT_UNREACHABLE', message: 'Nobody is there.' } as const;
    const status: Status = {
      version: '1',
      registrations: [],
      phones: [],
      calls: [],
      engines: { drachtio: well, rtpengine: well },
      agent: { ...well, ok: false, problem },
    };
    const options = optionsOf(configSchema.parse({ sip: { server: { port: 5070 } } }));
    const doctor = new RunningDoctor(options, thisMachine(), () => status);
    const { ok, findings } = await doctor.report();
    expect(ok).toBe(false);
    expect(findings.find(({ check }) => check === 'Agent')).toEqual({
      check: 'Agent',
      result: 'fail',
      ...problem,
      todo: 'No restart is needed: the bridge finds it as soon as it is there.',
    });
    expect(findings.filter(({ check }) => check === 'SIP port').map(({ message }) => message)) //
      .toEqual([
        'UDP 127.0.0.1:5070 is held by this bridge',
        'TCP 127.0.0.1:5070 is held by this bridge',
      ]);
    const checks = findings.map(({ check }) => check);
    expect(checks).toEqual(expect.arrayContaining(['Node.js', 'UDP', 'Media engine', 'Phones']));
    // Every finding that is not well has a code and says what to do.
    for (const { result, code, todo } of findings) {
      if (result !== 'pass') expect([code, todo]).not.toContain(undefined);
    }
  });
});
