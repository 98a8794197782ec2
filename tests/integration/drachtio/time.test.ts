/** What the server does when somebody stays silent or goes away; its timers are shortened. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDrachtio, type TracedMessage } from '../../../signaling/drachtio/server.ts';
import {
  disconnect,
  EXTERNAL,
  QUICK,
  testDrachtio,
  type Srf,
  type SrfDialog,
  type SrfRequest,
  type SrfResponse,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, text, udpPeer, unique, type Peer } from './peer.ts';

const ownTimers = EXTERNAL ? ' (skipped: only the embedded server’s timers can be shortened)' : '';
const inside = EXTERNAL ? ' (skipped: about the embedded server itself)' : '';

describe.skipIf(EXTERNAL)(`RFC 3261 §17, RFC 6026: silence${ownTimers}`, () => {
  let drachtio: TestDrachtio;
  let phone: Peer;
  let srf: Srf | undefined;

  beforeAll(async () => {
    drachtio = await testDrachtio({ timers: QUICK });
    phone = await udpPeer(drachtio.sip('udp'));
  });
  afterEach(() => {
    if (srf) disconnect(srf);
    phone.queue.length = 0;
  });
  afterAll(async () => {
    await phone.close();
    await drachtio.close();
  });

  const contact = (): string => `Contact: <sip:alice@127.0.0.1:${phone.local.port}>`;
  const dial = (callId: string): void =>
    phone.send(
      text(phone, 'INVITE', { callId, headers: [contact(), 'Content-Type: application/sdp'] }),
      SDP,
    );
  const uri = (): string => `sip:carol@127.0.0.1:${phone.local.port}`;

  it('RFC 3261 §13.3.1.4, row unsolicited: repeats the 200 until the ACK; without one it hangs up and tells the application', async () => {
    let reason: ((text: string) => void) | undefined;
    const destroyed = new Promise<string>((resolve) => (reason = resolve));
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        void app
          .createUAS(req, res, { localSdp: SDP2 })
          .then((dialog) => dialog.on('destroy', (_bye: unknown, why: string) => reason?.(why)));
      }),
    );
    const callId = unique('noack');
    dial(callId);
    await phone.response(200);
    await phone.response(200);
    await phone.response(200);
    const bye = await phone.request('BYE');
    expect(bye.headers.get('reason')).toBe('SIP;cause=200;text="ACK timeout"');
    phone.answer(bye, 200);
    expect(await destroyed).toBe('ACK timeout');
    expect(drachtio.server?.counters.dialogs).toBe(0);
  });

  it('RFC 3261 §17.1, timers B and F: gives an unanswered request 408', async () => {
    const silent = await udpPeer(drachtio.sip('udp'));
    srf = await drachtio.app();
    const request = await srf.request(`sip:x@127.0.0.1:${silent.local.port}`, {
      method: 'OPTIONS',
    });
    const response = await new Promise<SrfResponse>((resolve) => request.on('response', resolve));
    expect(response.status).toBe(408);
    expect(silent.queue.length).toBeGreaterThan(3);
    await expect(
      srf.createUAC(`sip:x@127.0.0.1:${silent.local.port}`, { localSdp: SDP }),
    ).rejects.toMatchObject({ status: 408 });
    await silent.close();
  });

  it('row destroy: ends although the peer is dead', async () => {
    srf = await drachtio.app();
    const made = srf.createUAC(uri(), { localSdp: SDP });
    phone.answer(await phone.request('INVITE'), 200, contact(), SDP2);
    await phone.request('ACK');
    await (await made).destroy();
    expect(drachtio.server?.counters.dialogs).toBe(0);
  });

  it('RFC 3261 §17.2: answers for an application that never does: INVITE 504, others 500', async () => {
    srf = await drachtio.app((app) => {
      app.invite(() => undefined);
      app.info(() => undefined);
    });
    dial(unique('mute'));
    phone.send(text(phone, 'INFO'));
    await phone.response(500, 'INFO');
    await phone.response(504, 'INVITE');
  });

  it('RFC 3261 §9.1: a CANCEL that nobody answers ends the INVITE with 487', async () => {
    srf = await drachtio.app();
    const made = srf
      .createUAC(
        uri(),
        { localSdp: SDP },
        { cbProvisional: () => request?.cancel(), cbRequest: (_e, r) => (request = r) },
      )
      .catch((error: unknown) => error);
    let request: SrfRequest | undefined;
    phone.answer(await phone.request('INVITE'), 180);
    await phone.request('CANCEL');
    expect(await made).toMatchObject({ status: 487 });
  });

  it('RFC 3262 §3: repeats a reliable 183 until its PRACK', async () => {
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        req.on('cancel', () => undefined);
        (res.send as (...args: unknown[]) => void)(
          183,
          { headers: { Require: '100rel' }, body: SDP2 },
          () => undefined,
          (prack: SrfRequest & { res: SrfResponse }) => {
            prack.res.send(200);
            void app.createUAS(req, res, { localSdp: SDP2 });
          },
        );
      }),
    );
    const callId = unique('prack');
    phone.send(
      text(phone, 'INVITE', {
        callId,
        headers: [contact(), 'Supported: 100rel', 'Content-Type: application/sdp'],
      }),
      SDP,
    );
    const progress = await phone.response(183);
    expect((await phone.response(183)).toString()).toBe(progress.toString());
    expect(progress.headers.has('contact')).toBe(true);
    const rseq = progress.headers.get('rseq') ?? '';
    const to = progress.headers.get('to') ?? '';
    phone.send(text(phone, 'PRACK', { callId, to, cseq: 2, headers: ['RAck: 1 1 INVITE'] }));
    await phone.response(481, 'PRACK');
    phone.send(text(phone, 'PRACK', { callId, to, cseq: 3, headers: [`RAck: ${rseq} 1 INVITE`] }));
    await phone.response(200, 'PRACK');
    await phone.response(200, 'INVITE');
    phone.send(text(phone, 'ACK', { callId, to }));
  });

  it('RFC 3262 §3: refuses a reliable response to who cannot take it', async () => {
    const refused: unknown[] = [];
    srf = await drachtio.app((app) =>
      app.invite((_req, res) => {
        res.send(183, { headers: { Require: '100rel' } }, (error) => refused.push(error));
        res.send(480);
      }),
    );
    dial(unique('norel'));
    await phone.response(480);
    await expect.poll(() => refused).toEqual(['Remote endpoint does not support 100rel']);
  });

  it('RFC 3262 §4: PRACKs a reliable 183 of the callee', async () => {
    srf = await drachtio.app();
    const made = srf.createUAC(uri(), { localSdp: SDP });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 183, `${contact()}\nRequire: 100rel\nRSeq: 7`, SDP2);
    const prack = await phone.request('PRACK');
    expect(prack.headers.get('rack')).toBe(`7 ${invite.cseq?.number ?? 0} INVITE`);
    expect(prack.toTag).toBe('peer');
    phone.answer(prack, 200);
    phone.answer(invite, 200, contact(), SDP2);
    await phone.request('ACK');
    const destroyed = (await made).destroy();
    phone.answer(await phone.request('BYE'), 200);
    await destroyed;
  });

  it('row disconnect: an application that goes away: its calls end, its requests are answered', async () => {
    let dialog: SrfDialog | undefined;
    srf = await drachtio.app((app) => {
      app.invite((req, res) => {
        if (req.get('X-Hold')) return;
        void app.createUAS(req, res, { localSdp: SDP2 }).then((made) => (dialog = made));
      });
    });
    const callId = unique('lost');
    dial(callId);
    const ok = await phone.response(200);
    phone.send(text(phone, 'ACK', { callId, to: ok.headers.get('to') ?? '' }));
    phone.send(
      text(phone, 'INVITE', { callId: unique('held'), headers: [contact(), 'X-Hold: 1'] }),
    );
    await phone.response(100);
    void srf.createUAC(uri(), { localSdp: SDP }).catch(() => undefined);
    const invite = await phone.request('INVITE');
    phone.answer(invite, 180);
    await expect.poll(() => dialog).toBeDefined();
    disconnect(srf);
    const seen = new Set<string>();
    while (!['503', 'BYE', 'CANCEL'].every((what) => seen.has(what))) {
      const message = await phone.next();
      if (message.kind === 'request') {
        seen.add(message.method);
        phone.answer(message, 200);
        if (message.method === 'CANCEL') phone.answer(invite, 487);
      } else if (message.status === 503) seen.add('503');
    }
    await expect.poll(() => drachtio.server?.counters.dialogs).toBe(0);
    phone.send(text(phone, 'BYE', { callId, to: ok.headers.get('to') ?? '', cseq: 5 }));
    await phone.response(481, 'BYE');
  });
});

describe.skipIf(EXTERNAL)(`RFC 3261 §18.3, RFC 4475: what it sees${inside}`, () => {
  it('traces every message in and out, and survives any datagram', async () => {
    const trace: TracedMessage[] = [];
    const drachtio = await testDrachtio({ onMessage: (message) => trace.push(message) });
    const phone = await udpPeer(drachtio.sip('udp'));
    const app = await drachtio.app((srf) => srf.options((_req, res) => res.send(200)));
    const good = text(phone, 'OPTIONS').replaceAll('\n', '\r\n');
    for (let length = 1; length < good.length; length += 7) phone.sendRaw(good.slice(0, length));
    for (let i = 0; i < 200; i++) phone.sendRaw(randomBytes(1 + ((i * 37) % 900)));
    phone.send(good);
    await phone.response(200);
    expect(drachtio.server?.counters.malformed).toBeGreaterThan(200);
    const { address, port } = drachtio.sip('udp');
    const last = trace.slice(-2);
    expect(last.map(({ direction }) => direction)).toEqual(['in', 'out']);
    for (const message of last)
      expect(message).toMatchObject({
        protocol: 'udp',
        local: { address, port },
        remote: { address: '127.0.0.1', port: phone.local.port },
      });
    expect(last[0]?.text).toContain(good);
    expect(last[1]?.text).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    disconnect(app);
    await phone.close();
    await drachtio.close();
  });
});

describe.skipIf(EXTERNAL)(`RFC 3261 §18.2.1, row authenticate: listening${inside}`, () => {
  it('a taken port is named, and nothing stays open', async () => {
    const first = await startDrachtio({
      admin: { host: '127.0.0.1', port: 0, secret: 's' },
      transports: [
        { protocol: 'udp', host: '127.0.0.1', port: 0 },
        { protocol: 'tcp', host: '127.0.0.1', port: 0 },
      ],
    });
    const [udp, tcp] = first.transports;
    expect(udp?.port).toBe(tcp?.port);
    const taken = tcp?.port ?? 0;
    await expect(
      startDrachtio({
        admin: { host: '127.0.0.1', port: 0, secret: 's' },
        transports: [
          { protocol: 'ws', host: '127.0.0.1', port: 0 },
          { protocol: 'tcp', host: '127.0.0.1', port: taken },
        ],
      }),
    ).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`TCP 127.0.0.1:${taken} is in use`) as string,
    });
    await expect(
      startDrachtio({
        admin: { host: '127.0.0.1', port: first.adminPort, secret: 's' },
        transports: [],
      }),
    ).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await first.close();
    await first.close();
    const second = await startDrachtio({
      admin: { host: '127.0.0.1', port: first.adminPort, secret: 's' },
      transports: first.transports,
    });
    await second.close();
  });
});
