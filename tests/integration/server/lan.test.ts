/**
 * The bridge as it is on a network, here on loopback with made-up network cards: HTTPS with a token,
 * phones with a password, SIP over TLS.
 */
import { once } from 'node:events';
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { writeWav } from '../../../audio/wav.ts';
import type { PageConfig } from '../../../common/api.ts';
import type { Log } from '../../../common/log.ts';
import { banner } from '../../../server/banner.ts';
import { startBridge, type Bridge } from '../../../server/bridge.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { runningBridge } from '../../../server/doctor/doctor.ts';
import { optionsOf, type BridgeOptions } from '../../../server/options.ts';
import type { IncomingCall } from '../../../softphone/incoming-call.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { BARESIP, missing } from '../../setup/programs.ts';
import { Baresip } from '../../support/baresip.ts';
import { toneLevel } from '../../support/signals.ts';
import { tlsPeer, text } from '../drachtio/peer.ts';

const INTERFACES = {
  docker0: [{ address: '172.17.0.1', internal: false, cidr: '172.17.0.1/16' }],
  lo: [{ address: '127.0.0.1', internal: true, cidr: '127.0.0.1/8' }],
  eth0: [{ address: '192.168.77.5', internal: false, cidr: '192.168.77.5/24' }],
  eth1: [{ address: '203.0.113.5', internal: false, cidr: '203.0.113.5/24' }],
};
const cards = Object.entries(INTERFACES);

let folder: string;
let bridge: Bridge;
let port: number;
let ca: string;
let sipTls: number;
let lines: string[];
const phones: { close(): Promise<unknown> }[] = [];

const log: Log = (level, message) => lines.push(`${level} ${message}`);

function options(folderOf: string, more: Partial<BridgeOptions> = {}): BridgeOptions {
  const config = configSchema.parse({
    http: { port: 0, lan: true, folder: folderOf },
    sip: {
      server: { port: 0, tls: { port: 0 } },
      registrar: { file: 'none' },
      rtp: { port_range_start: 31_300, port_range_end: 31_399 },
    },
    extensions: { '2001': { phone: 'bob' } },
  });
  const made = optionsOf(config);
  expect(made.http.host).toBe('0.0.0.0');
  expect(made.sip.host).toBe('0.0.0.0');
  return {
    ...made,
    http: { host: '127.0.0.1', port: 0 },
    sip: { host: '127.0.0.1', port: 0 },
    lan: { folder: folderOf, interfaces: () => Object.fromEntries(cards) },
    ...more,
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const request = get({ host: '127.0.0.1', port, path, headers, ca });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { statusCode = 0 } = response;
  return { status: statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

/** What came of it: the status of a refusal, or `open`. */
async function openSocket(path: string, headers: Record<string, string>, protocols: string[] = []) {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, protocols, { headers, ca });
  return new Promise<number | 'open'>((resolve, reject) => {
    socket.on('open', () => {
      socket.once('close', () => resolve('open'));
      socket.close();
    });
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy();
      resolve(statusCode);
    });
    socket.on('error', (error) => {
      if (socket.readyState !== WebSocket.CLOSING) reject(error);
    });
  });
}

async function cookie(): Promise<string> {
  const { search } = new URL(bridge.newPageUrl());
  const { headers } = await ask(`/${search}`);
  return (headers['set-cookie']?.[0] ?? '').replace(/;.*/, '');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-lan-'));
  lines = [];
  bridge = await startBridge(options(folder), log);
  port = Number(new URL(bridge.url).port);
  ca = await readFile(join(folder, 'certificate.pem'), 'utf8');
  const { body } = await ask('/api/config', { cookie: await cookie() });
  sipTls = portOf((JSON.parse(body) as PageConfig).phone.tlsServer ?? '');
}, 60_000);
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});
afterAll(async () => {
  await bridge.close();
  await rm(folder, { recursive: true });
});

describe('the page', () => {
  it('is served by HTTPS at the address phones and browsers of the network reach', async () => {
    expect(bridge.url).toBe(`https://192.168.77.5:${port}`);
    expect(bridge.newPageUrl()).toMatch(/^https:\/\/192\.168\.77\.5:\d+\/\?token=[\w-]{22}$/);
    // `ask` trusts this certificate alone, by the address it connects to.
    expect((await ask('/healthz')).body).toBe('ok\n');
    expect(bridge.lan?.addresses.map(({ address }) => address)).toEqual([
      '192.168.77.5',
      '172.17.0.1',
      '127.0.0.1',
    ]);
  });

  it('is locked without a token, in a sentence', async () => {
    const { status, body } = await ask('/');
    expect([status, body]).toEqual([
      401,
      'PAGE_LOCKED: This page is locked. Open the address that the bridge has printed, or press o in its terminal for a new one.\n',
    ]);
    const api = await ask('/api/config');
    expect([api.status, JSON.parse(api.body)]).toEqual([
      401,
      { code: 'PAGE_LOCKED', message: expect.stringContaining('locked') as string },
    ]);
    for (const path of ['/api/status', '/api/events', '/metrics', '/readyz', '/index.html']) {
      expect((await ask(path)).status, path).toBe(401);
    }
  });

  it('opens once by its token, which the address then no longer has', async () => {
    const { search } = new URL(bridge.newPageUrl());
    const first = await ask(`/${search}&start=`);
    expect(first.status).toBe(200);
    expect(first.body).toContain('<meta http-equiv="refresh" content="0;url=/?start=">');
    expect(first.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
    expect(first.headers['referrer-policy']).toBe('no-referrer');

    const second = await ask(`/${search}`);
    expect([second.status, second.headers['set-cookie']]).toEqual([401, undefined]);
    expect(second.body).toMatch(/^PAGE_LOCKED: The token in this address has been used already\./);

    const known = { cookie: (first.headers['set-cookie']?.[0] ?? '').replace(/;.*/, '') };
    expect((await ask('/', known)).body).toContain('<title>');
    expect((await ask('/api/status', known)).status).toBe(200);
  });

  it('guards its WebSockets alike', async () => {
    expect(await openSocket('/sip', {}, ['sip'])).toBe(401);
    expect(await openSocket('/ws/voice/x', {})).toBe(401);
    const { search } = new URL(bridge.newPageUrl());
    expect(await openSocket(`/sip${search}`, {}, ['sip'])).toBe(401);
    const known = { cookie: await cookie() };
    expect(await openSocket('/sip', known, ['sip'])).toBe('open');
    expect(await openSocket('/ws/voice/x', known)).toBe('open');
    // Another site that the same browser visits.
    const origin = 'https://evil.example';
    expect(await openSocket('/sip', { ...known, origin }, ['sip'])).toBe(403);
  });

  it('lets programs in that have the key', async () => {
    const { key } = JSON.parse(await readFile(join(folder, 'lan.json'), 'utf8')) as { key: string };
    const { status, body } = await ask('/metrics', { authorization: `Bearer ${key}` });
    expect(status).toBe(200);
    expect(body).toContain('bridge_sources_refused_total{part="sip"} 0');
  });

  it('is found by the doctor, which knows the key', async () => {
    const found = await runningBridge({ ...options(folder), http: { host: '127.0.0.1', port } });
    expect(found?.engines.drachtio.ok).toBe(true);
    const elsewhere = options(folder, { lan: { folder: join(folder, 'none') } });
    expect(
      await runningBridge({ ...elsewhere, http: { host: '127.0.0.1', port } }),
    ).toBeUndefined();
  });

  it('prints what a person needs: address, fingerprint, the password that was made', () => {
    const printed = banner(bridge, 1, false);
    expect(printed).toMatch(/Page {6}https:\/\/192\.168\.77\.5:\d+\/\?token=[\w-]+ /);
    expect(printed).toContain('also at 172.17.0.1 (docker0)');
    expect(printed.replace(/\s+/g, '')).toContain(bridge.lan?.fingerprint ?? '?');
    expect(printed).toContain('username agent001,');
    expect(printed).toContain(
      `password ${bridge.phonePassword ?? '?'}, transport UDP or TCP (or TLS with server 127.0.0.1:${sipTls})`,
    );
  });

  it('writes neither token nor password nor key into the log', async () => {
    const kept = await readFile(join(folder, 'lan.json'), 'utf8');
    for (const [, secret = ''] of kept.matchAll(/"([\w-]{16,})"/g)) {
      expect(lines.join('\n')).not.toContain(secret);
    }
    expect(lines.join('\n')).not.toContain('token=');
  });
});

describe('phones', () => {
  const server = () => {
    const { hostname, port: sipPort } = new URL(`sip://${bridge.phone.server}`);
    return { host: hostname, port: Number(sipPort) };
  };
  const phone = async (user: string, password: string) => {
    const made = await Softphone.create({ server: server(), user, password });
    phones.push(made);
    return made;
  };

  it('have to give the password that was made', async () => {
    expect(bridge.phonePassword).toMatch(/^[a-z2-9]{16}$/);
    await expect((await phone('agent001', 'any')).register()).rejects.toMatchObject({
      code: 'REGISTER_REFUSED',
    });
    await (await phone('agent001', bridge.phonePassword ?? '')).register();
  });

  it('keep it over a restart, like the key and the certificate', async () => {
    const again = await startBridge(options(folder), log);
    expect(again.phonePassword).toBe(bridge.phonePassword);
    expect(again.lan?.fingerprint).toBe(bridge.lan?.fingerprint);
    await again.close();
  });

  it('need none when so told, and a configured one comes first', async () => {
    const { auth, ...open } = options(folder);
    expect(auth?.users.size).toBe(0);
    const free = await startBridge(open, log);
    expect([free.phonePassword, free.phone.needsPassword]).toEqual([undefined, false]);
    await free.close();
    const users = new Map([['anna', 'hers']]);
    const own = await startBridge(options(folder, { auth: { realm: 'bridge', users } }), log);
    expect([own.phone.username, own.phonePassword]).toEqual(['anna', 'hers']);
    expect(banner(own, 1, false)).toContain('the password of --auth');
    expect(banner(own, 1, false)).not.toContain('hers');
    await own.close();
  });
});

describe('SIP over TLS', () => {
  it('answers on the connection, as SIP/2.0/TLS, with the page’s certificate', async () => {
    const peer = await tlsPeer({ address: '127.0.0.1', port: sipTls }, ca);
    phones.push(peer);
    peer.send(text(peer, 'REGISTER', { via: 'SIP/2.0/TLS 127.0.0.1:5061', uri: 'sip:127.0.0.1' }));
    const challenge = await peer.response(401);
    expect(challenge.headers.get('via')).toMatch(/^SIP\/2\.0\/TLS 127\.0\.0\.1:5061;/);
    expect(challenge.headers.get('www-authenticate')).toContain('realm="bridge"');
  });

  it('lets go of who speaks something else', async () => {
    const socket = connect(sipTls, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('OPTIONS sip:127.0.0.1 SIP/2.0\r\n\r\n');
    await new Promise((resolve) => socket.resume().once('close', resolve));
  });

  const reason = missing(BARESIP);
  it.skipIf(reason !== undefined)(
    `carries a call of baresip to a phone over UDP${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    async () => {
      const users = new Map([
        ['anna', 'hers'],
        ['bob', 'his'],
      ]);
      const other = await startBridge(options(folder, { auth: { realm: 'bridge', users } }), log);
      phones.push(other);
      const wav = join(folder, 'tone.wav');
      await writeFile(wav, writeWav({ sampleRate: 8000, channels: [tone(440)] }));
      const answered = new Promise<IncomingCall>((resolve) => {
        void Softphone.create({
          server: { host: '127.0.0.1', port: portOf(other.phone.server) },
          user: 'bob',
          password: 'his',
          onCall: (call) => void call.answer({ play: tone(880) }).then(() => resolve(call)),
        }).then(async (bob) => {
          phones.unshift(bob);
          await bob.register();
          const baresip = await Baresip.start({
            sipPort: portOf(other.phone.tlsServer ?? ''),
            transport: 'tls',
            user: 'anna',
            password: 'hers',
            play: wav,
            codec: 'PCMA',
          });
          phones.unshift({ close: () => baresip.stop() });
          baresip.dial('2001');
        });
      });
      const call = await answered;
      await expect.poll(() => call.recording.packets.length).toBeGreaterThan(100);
      expect(
        other.status().registrations.map(({ aor, contact }) => `${aor} ${contact}`),
      ).toContainEqual(expect.stringMatching(/^anna@127\.0\.0\.1 sip:.*;transport=tls/));
      await call.hangup();
      expect(toneLevel(call.recording.samples.subarray(4000, 12_000), 8000, 440)).toBeGreaterThan(
        0.1,
      );
    },
  );
});

function portOf(server: string): number {
  return Number(new URL(`sip://${server}`).port);
}

function tone(hz: number): Int16Array {
  return Int16Array.from(
    { length: 80_000 },
    (_, n) => 8000 * Math.sin((2 * Math.PI * hz * n) / 8000),
  );
}
